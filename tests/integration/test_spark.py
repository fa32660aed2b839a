"""Spark: the same rows as on one machine; lost workers and executors, a key that stands nowhere, folders whole or absent."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from corpora.generate.stream import reports
from jmid_nlp.batch import spark_session
from jmid_nlp.batch.job import AlignJob, DeidJob, DetectJob, ExtractJob, ReviewJob, run_rows
from jmid_nlp.batch.run import run_job
from jmid_nlp.batch.spark import run_spark, treat_frame
from jmid_nlp.batch.store import Side
from jmid_nlp.cli import app
from jmid_nlp.deid.audit import verify_audit
from jmid_nlp.deid.keys import Key
from jmid_nlp.errors import InputError, JmidError, MissingExtraError, PolicyError, WorkerError

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "corpora" / "sample" / "reports.jsonl"
KEY = hashlib.sha256(b"a key of this test").digest()
FORMS = (KEY, KEY.hex().encode(), base64.b64encode(KEY).rstrip(b"="), repr(KEY)[2:-1].encode())


SPARING = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a short run pays for what Java compiles, not for what it saves
LOG_ALL = """
rootLogger.level = info
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n%ex
logger.python.name = org.apache.spark.api.python.PythonGatewayServer
logger.python.level = info
"""


def _missing():
    try:
        import pyspark
    except ImportError:
        return "pyspark is not installed: pip install 'jmid-nlp[spark]'"
    return "" if shutil.which("java") else f"pyspark {pyspark.__version__} finds no Java"


MISSING = _missing()
needs_spark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    local = tmp_path_factory.mktemp("spark")
    settings = [
        f"spark.local.dir={local}",
        "spark.sql.shuffle.partitions=2",
        f"spark.driver.extraJavaOptions={SPARING}",
    ]
    with spark_session.session("local[2,4]", settings) as made:
        yield made


def rows_of(path):
    return pq.read_table(path).to_pylist()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def _generated(count, **options):
    """Generated reports without their gold, which no policy lets pass."""
    return [{k: v for k, v in row.items() if k not in ("spans", "findings")} for row in reports(count, **options)]


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    """A folder of three files with the sample, generated reports, and rows that no job can use."""
    folder = tmp_path_factory.mktemp("extract")
    generated = _generated(60, seed=11)
    poison = [{"id": "no-text"}, {"id": "null", "text": None}, {"text": "no id"}, ["no", "object"], generated[3]]
    write_jsonl(folder / "a.jsonl", [*generated[:30], *poison])
    with (folder / "a.jsonl").open("ab") as out:
        out.write('{"id": "sjis", "text": "右肺'.encode() + "結節".encode("cp932") + b'"}\nnot json\n')
    shutil.copy(SAMPLE.with_suffix(".parquet"), folder / "b.parquet")
    write_jsonl(folder / "c.jsonl", [*generated[30:], generated[0], {"id": 7, "text": "両側胸水。", "note": [1]}])
    return folder


def deid_job(**options):
    from jmid_nlp.api import deidentifier
    from jmid_nlp.dataset.optout import OptOut
    from jmid_nlp.deid.detect import DetectOptions, Detector

    treat = deidentifier("kamei", key=Key(KEY), detector=Detector(DetectOptions(mode="fast")))
    left_out = OptOut.read(SAMPLE.with_name("opt_out.txt"), key=Key(KEY))
    return DeidJob(treat, left_out, check_findings=True, review=ReviewJob(treat.policy), **options)


@needs_spark
@pytest.mark.parametrize("job", [DetectJob("fast"), ExtractJob(explain=True)], ids=["detect", "extract"])
def test_the_rows_are_those_of_one_machine(spark, extract, tmp_path, job):
    here = run_job(job, extract, tmp_path / "here.parquet")
    there = run_spark(job, extract, tmp_path / "there", spark=spark, chunk_rows=10, part_rows=20)
    assert (there.written, there.failed) == (here.written, here.failed)
    assert here.failed == 8
    assert rows_of(tmp_path / "there") == rows_of(tmp_path / "here.parquet")
    assert there.failed_file.read_bytes() == here.failed_file.read_bytes()
    names = sorted(p.name for p in (tmp_path / "there").iterdir())
    assert names[0] == "_SUCCESS"
    assert names[1:] == [f"part-{n:05d}.parquet" for n in range(8)]  # 37, 80 and 32 rows, 20 a part
    assert len({str(pq.read_schema(tmp_path / "there" / name)) for name in names[1:]}) == 1
    assert not list(tmp_path.glob("*.partial"))


@needs_spark
def test_deid_with_audit_sides_and_opt_out(spark, extract, tmp_path):
    def sides(where):
        return {name: Side(tmp_path / f"{where}.{name}.jsonl") for name in ("findings", "review")}

    options = {"sides": sides("here"), "audit": tmp_path / "here.jsonl"}
    here = run_job(deid_job(), extract, tmp_path / "here.parquet", **options)
    audit = tmp_path / "audit"
    options = {"sides": sides("there"), "audit": audit, "chunk_rows": 10, "part_rows": 20}
    there = run_spark(deid_job(), extract, tmp_path / "there.parquet", spark=spark, **options)
    assert here.left_out > 0
    assert (there.written, there.failed, there.left_out, there.sides) == (
        here.written, here.failed, here.left_out, here.sides,
    )  # fmt: skip
    table = pq.read_table(tmp_path / "there.parquet")
    assert table.schema.equals(pq.read_schema(tmp_path / "here.parquet"))
    assert table.to_pylist() == rows_of(tmp_path / "here.parquet")
    for name in ("findings", "review"):
        assert (tmp_path / f"there.{name}.jsonl").read_bytes() == (tmp_path / f"here.{name}.jsonl").read_bytes()

    def plain(rows):
        return [{k: v for k, v in row.items() if k not in ("previous", "hash")} for row in rows]

    parts = sorted(audit.glob("part-*.jsonl"))
    assert plain(row for part in parts for row in lines(part)) == plain(lines(tmp_path / "here.jsonl"))
    check_audit(audit, parts)
    assert not leaks(tmp_path)


def check_audit(audit, parts):
    held = verify_audit(audit)
    assert held.ok
    assert held.rows == sum(len(lines(part)) for part in parts)
    assert held.last == lines(audit / "manifest.jsonl")[-1]["hash"]
    assert CliRunner().invoke(app, ["verify-audit", str(audit), "--last", held.last]).exit_code == 0
    whole = parts[1].read_bytes()
    for changed in (whole.replace(b'"PERSON"', b'"DATE"', 1), whole[: whole.rstrip().rfind(b"\n") + 1]):
        parts[1].write_bytes(changed)
        broken = verify_audit(audit)
        assert not broken.ok
        assert parts[1].name in broken.reason
    parts[1].unlink()
    assert "missing" in verify_audit(audit).reason
    parts[1].write_bytes(whole)
    manifest = (audit / "manifest.jsonl").read_text().splitlines(keepends=True)
    (audit / "manifest.jsonl").write_text("".join(manifest[:-1]))
    assert not verify_audit(audit, last=held.last).ok


@needs_spark
def test_align(spark, tmp_path):
    source = tmp_path / "studies.jsonl"
    shutil.copy(SAMPLE.with_name("gold_align.jsonl"), source)
    run_job(AlignJob(), source, tmp_path / "here.parquet")
    run_spark(AlignJob(), source, tmp_path / "there", spark=spark)
    assert rows_of(tmp_path / "there") == rows_of(tmp_path / "here.parquet")


@needs_spark
def test_a_frame_from_anywhere(spark, tmp_path):
    source = SAMPLE.with_suffix(".parquet")
    run_job(deid_job(), source, tmp_path / "here.jsonl", audit=tmp_path / "audit.jsonl")
    frame = treat_frame(spark.read.parquet(str(source)), deid_job()).persist()
    found = [json.loads(row["value"]) for row in frame.where("kind = 'row'").collect()]
    assert found == lines(tmp_path / "here.jsonl")
    assert frame.where("kind = 'audit'").count() == len(lines(tmp_path / "audit.jsonl"))


@dataclass(frozen=True)
class Fragile:
    """A job for tests: a text that names a trap does its harm as long as the file of that name is there."""

    folder: str

    @property
    def fingerprint(self):
        return "fragile"

    def __call__(self, chunk):
        def treat(number, row):
            trap = Path(self.folder, row["text"])
            if trap.exists() and trap.name == "kill":
                trap.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            if trap.exists() and trap.name == "policy":
                raise PolicyError("column 'x' has no rule")
            return {"id": row["id"], "text": row["text"]}, ()

        if (trap := Path(self.folder, "foreign")).exists() and any(row["text"] == trap.name for _, row in chunk):
            raise ValueError("右肺に結節を認める")
        return run_rows(chunk, treat)

    def seal(self, rows):
        return rows


@pytest.fixture
def fragile(tmp_path):
    texts = ["a", "b", "kill", "c", "policy", "d", "foreign"]
    source = write_jsonl(tmp_path / "in.jsonl", [{"id": f"r{n}", "text": t} for n, t in enumerate(texts)])
    return Fragile(str(tmp_path)), source, [{"id": f"r{n}", "text": t} for n, t in enumerate(texts)]


@needs_spark
def test_a_killed_worker_costs_nothing(spark, fragile, tmp_path):
    job, source, rows = fragile
    (tmp_path / "kill").touch()
    run_spark(job, source, tmp_path / "out", spark=spark, chunk_rows=1, part_rows=4)
    assert not (tmp_path / "kill").exists()
    assert rows_of(tmp_path / "out") == rows


@needs_spark
def test_what_stops_a_run_is_told_and_the_run_goes_on_later(spark, fragile, tmp_path, capfd):
    job, source, rows = fragile
    options = {"spark": spark, "chunk_rows": 1, "part_rows": 2}
    for trap, error, said in (
        ("foreign", WorkerError, "ValueError at test_spark.py"),
        ("policy", PolicyError, "no rule"),
    ):
        (tmp_path / trap).touch()
        with pytest.raises(error, match=said):
            run_spark(job, source, tmp_path / f"{trap}-out", **options)
        assert not (tmp_path / f"{trap}-out").exists()
        (tmp_path / trap).unlink()
    assert "結節" not in "".join(capfd.readouterr())
    done = run_spark(job, source, tmp_path / "policy-out", **options)
    assert done.resumed_parts > 0
    assert rows_of(tmp_path / "policy-out") == rows
    again = run_spark(job, source, tmp_path / "policy-out", **options)  # a folder of its own is replaced
    assert again.resumed_parts == 0
    assert rows_of(tmp_path / "policy-out") == rows


@needs_spark
def test_what_cannot_be_used_is_refused_before_any_work(spark, fragile, tmp_path):
    job, source, _ = fragile
    (tmp_path / "foreign-folder").mkdir()
    (tmp_path / "file").touch()
    cases = [("out.jsonl", "name it"), ("foreign-folder", "is a folder"), ("file", "is a file"), ("no/out", "no such")]
    for name, said in cases:
        with pytest.raises(InputError, match=said):
            run_spark(job, source, tmp_path / name, spark=spark)
    with pytest.raises(InputError, match="another output"):
        run_spark(job, source, tmp_path / "out", spark=spark, audit=tmp_path / "out")
    run_spark(job, source, tmp_path / "out", spark=spark)
    with pytest.raises(InputError, match="is the input"):
        run_spark(job, tmp_path / "out", tmp_path / "out", spark=spark)
    (tmp_path / "empty.jsonl").touch()
    unusable = write_jsonl(tmp_path / "unusable.jsonl", [{"id": "a"}, {"id": "b"}])
    for bad in (tmp_path / "empty.jsonl", unusable):
        with pytest.raises(InputError):
            run_spark(DetectJob("fast"), bad, tmp_path / "none", spark=spark)
    assert not list(tmp_path.glob("none*"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--master", "local[2]"], "go with --engine spark"),
        (["--engine", "spark", "--spark-conf", "spark.x"], "name=value"),
        (["--engine", "spark", "--workers", "2"], "--engine local"),
        (["--engine", "spark", "--propagate"], "--engine local"),
    ],
)
def test_options_that_do_not_go_together(tmp_path, monkeypatch, more, said):
    monkeypatch.setenv("JMID_KEY", KEY.hex())
    result = CliRunner().invoke(app, ["deid", str(SAMPLE), "-o", str(tmp_path / "out"), *more])
    assert result.exit_code == 2
    assert said in re.sub(r"[\s│]+", " ", result.output)


def test_without_java_or_pyspark_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    with pytest.raises(MissingExtraError, match="openjdk-17"):
        spark_session._settings(None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(JmidError, match=r"jmid-nlp\[spark\]"):
        spark_session.session().__enter__()


def leaks(folder):
    """Files that hold the key in one of its forms."""
    return [p for p in folder.rglob("*") if p.is_file() and any(form in p.read_bytes() for form in FORMS)]


@needs_spark
def test_a_large_job_leaves_no_key_in_temporary_files(spark, tmp_path):
    """Spark writes what tasks carry to disk where it is large, such as a list of many patients who opted out."""
    from jmid_nlp.dataset.optout import OptOut

    (tmp_path / "opt_out.txt").write_text("".join(f"P{n:09d}\n" for n in range(100_000)))
    job = deid_job()
    job.opt_out = OptOut.read(tmp_path / "opt_out.txt", key=Key(KEY))
    frame = treat_frame(spark.read.parquet(str(SAMPLE.with_suffix(".parquet"))), job)
    assert frame.count()
    local = Path(spark.conf.get("spark.local.dir"))
    assert sum(p.stat().st_size for p in local.rglob("*") if p.is_file()) > 1_000_000  # the job lies there, encrypted
    assert not leaks(local)
    shown = [frame._jdf.queryExecution().toString(), *(frame._jdf.queryExecution().explainString(mode)
             for mode in [frame._sc._jvm.org.apache.spark.sql.execution.ExplainMode.fromString("extended")])]  # fmt: skip
    assert not any(form in text.encode() for text in shown for form in FORMS)


@pytest.mark.slow
@needs_spark
def test_a_lost_executor_and_a_key_that_stands_nowhere(tmp_path):
    """The command on a small cluster that logs all it can; one of two executors is killed; the rows are those of one machine."""
    import pyspark

    home = tmp_path / "home"  # Spark's workers write their logs below it
    home.mkdir()
    for part in Path(pyspark.__file__).parent.iterdir():
        (home / part.name).symlink_to(part)
    source = tmp_path / "in"
    source.mkdir()
    rows = _generated(360, seed=5, kind="identifiers")
    for n in range(12):  # a task each
        write_jsonl(source / f"{n:02d}.jsonl", rows[n::12])
    events, local = tmp_path / "events", tmp_path / "local"
    events.mkdir(), local.mkdir()
    logged = tmp_path / "log4j2.properties"
    logged.write_text(LOG_ALL)
    settings = {
        "spark.eventLog.enabled": "true", "spark.eventLog.dir": events.as_uri(),
        **{f"spark.{who}.extraJavaOptions": f"{SPARING} -Dlog4j2.configurationFile={logged}" for who in ("driver", "executor")},
        "spark.local.dir": str(local), "spark.executor.memory": "512m", "spark.sql.shuffle.partitions": "2",
    }  # fmt: skip
    options = [f"--spark-conf={name}={value}" for name, value in settings.items()]
    program = [sys.executable, "-c", "from jmid_nlp.cli import main; main()", "deid", str(source), "--mode", "fast"]
    key = {"JMID_KEY": KEY.hex()}
    env = os.environ | key | {"SPARK_HOME": str(home)}
    out = tmp_path / "out"
    more = [
        "-o",
        str(out),
        "--audit",
        str(tmp_path / "audit"),
        "--engine",
        "spark",
        "--master",
        "local-cluster[2,1,512]",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*program, *more, *options], env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            killed, seen = _kill_an_executor(process, tmp_path / "out.partial")
            assert process.wait(timeout=300) == 0, (tmp_path / "log").read_text()[-3000:]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    log = (tmp_path / "log").read_text()
    assert killed
    assert "ExecutorLost" in log or "Lost executor" in log
    assert len(seen) > 3  # Java, its executors and their Python workers were looked at
    assert not any(form in text for text in seen.values() for form in FORMS)
    subprocess.run([*program, "-o", str(tmp_path / "here.parquet")], env=env, check=True, capture_output=True)
    assert rows_of(out) == rows_of(tmp_path / "here.parquet")
    assert verify_audit(tmp_path / "audit").ok
    assert list(events.iterdir())
    assert "INFO" in log
    assert any("INFO" in p.read_text() for p in home.glob("work/*/*/stderr"))
    assert not leaks(tmp_path)


def _kill_an_executor(process, partial):
    """Kill one executor once a chunk is done; give what all processes below the command were started with."""
    seen = {}
    while process.poll() is None:
        if not list(partial.glob("*.done.json")):
            for pid in _below(process.pid):
                seen[pid] = seen.get(pid, b"") + _read(pid, "cmdline") + _read(pid, "environ")
            time.sleep(0.05)
            continue
        running = [pid for pid, text in seen.items() if b"CoarseGrainedExecutorBackend" in text]
        os.kill(running[0], signal.SIGKILL)
        return True, seen
    return False, seen


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _below(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        text = _read(stat.parent.name, "stat").decode("utf-8", "replace")
        if text and int(text.rpartition(")")[2].split()[1]) == pid:
            found += [int(stat.parent.name), *_below(int(stat.parent.name))]
    return found
