"""The Spark session of a run: one that is there already, one of `spark-submit`, or one of this machine."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jmid_nlp.errors import InputError, MissingExtraError

# What pickled jobs hold, the key among it, may lie in temporary files of Spark: they are encrypted. The page of Spark's own
# web server shows paths to anyone on the network.
_DEFAULTS = {"spark.ui.enabled": "false", "spark.io.encryption.enabled": "true"}
_HERE = {"spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1"}
_ALONE = {"spark.authenticate": "true", "spark.network.crypto.enabled": "true"}  # elsewhere it takes a secret to share


@contextmanager
def session(master: str | None = None, conf: Sequence[str] = ()) -> Iterator[Any]:
    """A `pyspark.sql.SparkSession`; one that was there before stays open.

    Args:
        master: Spark's master URL, such as `local[4]`; what `spark-submit` was told, or this machine, where None.
        conf: Settings of Spark, each `name=value`. They are no place for secrets: Spark logs them.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
        InputError: A setting cannot be read, or Spark does not start with them.
    """
    settings = [setting.partition("=") for setting in conf]
    if not all(name.strip() and mark for name, mark, _ in settings):
        raise InputError("--spark-conf: give each setting as name=value")
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("Spark is not installed; run `pip install 'jmid-nlp[spark]'`") from None
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    wanted = _settings(master) | {name.strip(): value for name, _, value in settings}
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )  # none is used here
        made = _started(SparkSession.builder.appName("jmid-nlp"), wanted)
        try:
            yield made
        finally:
            made.stop()


def _settings(master: str | None) -> dict[str, str]:
    """Settings of a session that `spark-submit` did not start; what was given to it counts there."""
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return {"spark.master": master} if master else {}
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise MissingExtraError("Spark needs Java 17 or later; on Debian, `apt install openjdk-17-jre-headless`")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    here = master is None or master.startswith("local")
    bar = str(sys.stderr.isatty() and os.environ.get("JMID_PROGRESS") != "0").lower()
    more = {"spark.master": master or "local[*,4]", "spark.ui.showConsoleProgress": bar}
    alone = here and not str(master).startswith("local-cluster")
    return _DEFAULTS | more | (_HERE if here else {}) | (_ALONE if alone else {})


def _started(builder: Any, settings: dict[str, str]) -> Any:
    for name, value in settings.items():
        builder = builder.config(name, value)
    key = os.environ.pop("JMID_KEY", None)  # Java and the executors need it in no environment: the job carries it
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise InputError(
            f"Spark did not start ({type(error).__name__}); look at --master, --spark-conf and what Spark said above"
        ) from None
    finally:
        if key is not None:
            os.environ["JMID_KEY"] = key
