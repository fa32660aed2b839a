"""Sizes of outlines and masks: longest diameter, the longest one across it, area and volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def diameters(points: NDArray[Any]) -> tuple[float, ...]:
    """Longest diameter of points in a plane and the widest extent across it, in the points' unit.

    Args:
        points: n by 2 coordinates.

    Returns:
        Longest first; empty for fewer than two distinct points.
    """
    import numpy as np

    corners = _corners(np.unique(np.asarray(points, dtype=float), axis=0))
    if len(corners) < 2:
        return ()
    gaps = np.linalg.norm(corners[:, None, :] - corners[None, :, :], axis=2)
    i, j = np.unravel_index(int(gaps.argmax()), gaps.shape)
    axis = (corners[j] - corners[i]) / gaps[i, j]
    across = corners @ np.array([-axis[1], axis[0]])
    sizes = (float(gaps[i, j]), float(across.max() - across.min()))
    return tuple(round(s, 3) for s in sizes if s > 1e-6)


def _corners(points: NDArray[Any]) -> NDArray[Any]:
    """The convex hull's corners; the points themselves where they lie on a line."""
    from scipy.spatial import ConvexHull, QhullError

    if len(points) < 4:
        return points
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:
        wide = points[:, 0].max() > points[:, 0].min()
        order = points[:, 0 if wide else 1].argsort(kind="stable")
        return points[order][[0, -1]]


def polygon_area(points: NDArray[Any]) -> float:
    """Area inside a closed outline in a plane (shoelace formula)."""
    import numpy as np

    x, y = points[:, 0], points[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def mask_diameters(mask: NDArray[Any], spacing: tuple[float, float]) -> tuple[float, ...]:
    """Diameters of a mask in mm, measured between pixel corners; `spacing` is row and column distance."""
    import numpy as np

    rows, columns = np.nonzero(mask)
    if not len(rows):
        return ()
    corners = np.concatenate([np.stack([rows + a, columns + b], axis=1) for a in (0, 1) for b in (0, 1)])
    return diameters(corners[:, ::-1] * np.array([spacing[1], spacing[0]]))


def slice_distance(positions: list[float], fallback: float | None) -> float | None:
    """Distance of slices from their positions along the normal: the median gap, else the stated thickness."""
    import numpy as np

    unique = sorted({round(p, 3) for p in positions})
    if len(unique) < 2:
        return fallback
    return float(np.median(np.diff(unique)))
