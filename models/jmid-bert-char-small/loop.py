"""The training loop: every step depends on the seed, its number and the weights alone, so that it can stop and go on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from .network import rate_at

AVERAGE = 0.98


def train(
    model: nn.Module,
    loss_of: Callable[[int], Tensor],
    *,
    steps: int,
    rate: float,
    seed: int,
    checkpoint: Path,
    every: int = 50,
    stop: int | None = None,
) -> bool:
    """Trains a model in place; at the end it holds the average of its last weights.

    Args:
        loss_of: The loss of a step by its number.
        checkpoint: Where the state is kept every so many steps; training goes on from it if it is there.
        stop: The step to end before, as a power cut would; the rest is for the next call.

    Returns:
        Whether all steps are done.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    average = {name: value.detach().clone() for name, value in model.named_parameters()}
    first = _restore(checkpoint, model, optimizer, average) if checkpoint.exists() else 0
    began, told, total = time.monotonic(), first, torch.zeros(())
    model.train()
    for step in range(first, steps):
        if step == stop:
            return False
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, steps, rate)
        torch.manual_seed(seed * 1_000_003 + step)
        loss = loss_of(step)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(AVERAGE, (step + 1) / (step + 10))
            for name, value in model.named_parameters():
                average[name].lerp_(value, 1 - keep)
        total += loss.detach()
        if (step + 1) % every == 0 or step + 1 == steps:
            _keep(checkpoint, model, optimizer, average, step + 1)
            speed = time.monotonic() - began
            sys.stderr.write(f"step {step + 1}/{steps}: loss {total / (step + 1 - told):.4f}, {speed:.0f} s\n")
            sys.stderr.flush()
            told, total = step + 1, torch.zeros(())
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(average[name])
    return True


def _keep(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, average: dict[str, Tensor], step: int
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "step": step}
    torch.save(state, partial)
    partial.replace(path)


def _restore(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, average: dict[str, Tensor]) -> int:
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    for name, value in state["average"].items():
        average[name].copy_(value)
    return int(state["step"])
