"""`record` as a process, with a real OSC client."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from hachi_tf import record
from hachi_tf.tables import read_table
from tests.live import ENVIRONMENT, Recording


@pytest.fixture
def start(tmp_path):
    recordings = []

    def begin(*arguments):
        recordings.append(Recording(tmp_path, *arguments))
        return recordings[-1]

    yield begin
    for recording in recordings:
        recording.close()


def wait_for_rows(path, count):
    """Waits until a CSV has so many rows."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b"\n") > count:
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} has not {count} rows")


def test_rows_equal_what_was_sent(start, tmp_path):
    recording = start("--num_features=3", "--masked=1", "--categorical=2", "a.csv")
    sent = np.random.default_rng(0).normal(size=[50, 3]).astype(np.float32)
    sent[:, 2] = np.arange(50) % 4
    begin = time.monotonic()
    for row in sent.tolist():
        recording.send(*row)
        time.sleep(0.002)
    took_s = time.monotonic() - begin
    wait_for_rows(tmp_path / "a.csv", 50)
    assert recording.end() == {"output": "a.csv", "rows": 50, "ignored": {}}
    assert (tmp_path / "a.csv").read_text().startswith("time,0,~1,2#\n0")
    table = read_table(tmp_path / "a.csv")
    for index in range(2):
        np.testing.assert_array_equal(table.values[index].astype(np.float32), sent[:, index])
    assert table.values[2].tolist() == [str(index % 4) for index in range(50)]
    assert table.time[0] == 0 and (np.diff(table.time) > 0).all()
    assert 0.09 < table.time[-1] < took_s + 0.5


def test_kill_keeps_every_row(start, tmp_path):
    recording = start("--num_features=2", "--output=a.json")
    for index in range(500):
        recording.send(float(index), index)
        if index % 50 == 49:
            time.sleep(0.01)
    journal = tmp_path / "a.json.journal.csv"
    wait_for_rows(journal, 500)
    recording.process.kill()
    recording.process.wait()
    table = read_table(journal)
    assert table.values[0].tolist() == list(range(500)) and not (tmp_path / "a.json").exists()
    with open(journal, "a") as file:
        file.write("99.5,7")  # a power cut in the middle of a row

    done = subprocess.run(
        [sys.executable, "-m", "hachi_tf.record", "--in_port=0", "--num_features=2", "a.json"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "a.json.journal.csv" in done.stderr
    assert "--append" in done.stderr and "with 500 rows" in done.stderr

    recording = start("--num_features=2", "--append", "a.json")
    recording.send(500.0, 1.0)
    wait_for_rows(journal, 501)
    assert recording.end()["rows"] == 1
    table = read_table(tmp_path / "a.json")
    assert table.values[0].tolist() == list(range(501)) and not journal.exists()
    assert table.time[500] == pytest.approx(table.time[499] + 1, abs=1e-6)


def test_bad_messages_are_counted_and_end_nothing(start, tmp_path):
    recording = start("--num_features=2", "a.csv")
    recording.send(1.0, 2.0)
    recording.send(1.0)
    for _ in range(30):
        recording.send(1.0, 2.0, 3.0)
    recording.send("a", 1.0)
    recording.send(float("inf"), 1.0)
    recording.send(1.0, 2.0, address="/x/input")
    recording.send(3, float("nan"))
    wait_for_rows(tmp_path / "a.csv", 2)
    recorded = recording.end()
    assert recorded["rows"] == 2
    assert recorded["ignored"] == {"wrong count": 31, "wrong values": 2, "other address": 1}
    assert recording.said.count("2 numbers a row") == 1, recording.said  # said once, not 31 times
    table = read_table(tmp_path / "a.csv")
    assert table.values[0].tolist() == [1, 3] and np.isnan(table.values[1][1])


def test_reset_begins_anew_and_stop_ends_it(start, tmp_path):
    recording = start("--num_features=1", "a.csv")
    for value in (1.0, 2.0):
        recording.send(value)
    recording.send(address="/reset")
    recording.send(address="/reset")
    recording.send(3.0)
    recording.send(address="/stop")
    assert recording.end(None)["rows"] == 1
    table = read_table(tmp_path / "a.csv")
    assert table.values[0].tolist() == [3] and table.time.tolist() == [0]
    assert read_table(tmp_path / "a.reset-1.csv").values[0].tolist() == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.reset-1.csv"]


def test_bundles_names_and_another_address(start, tmp_path):
    recording = start("--names=x,~y,word#", "--address=/sensor", "--notemporal", "a.csv")
    bundle = OscBundleBuilder(IMMEDIATELY)
    for word in ("kick", "snare, dry"):
        message = OscMessageBuilder("/sensor")
        for argument in (0.1, 2, word):
            message.add_arg(argument)
        bundle.add_content(message.build())
    recording.client.send(bundle.build())
    wait_for_rows(tmp_path / "a.csv", 2)
    assert recording.end()["rows"] == 2
    table = read_table(tmp_path / "a.csv")
    assert table.time is None and [each.header() for each in table.columns] == ["x", "~y", "word#"]
    assert table.values[0].tolist() == [0.1, 0.1]
    assert table.values[2].tolist() == ["kick", "snare, dry"]


def test_an_existing_table_is_kept_and_appended_to(start, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,0\n0.0,1\n2.5,2\n")
    arguments = ["--in_port=0", str(path)]
    for more, message in (
        (["--num_features=1"], "does not exist"),
        (["--num_features=2", "--append"], "columns time,0,1"),
        (["--num_features=1", "--append", "--notemporal"], "columns 0"),
    ):
        before = path.read_text()
        assert record.main([*arguments, *more]) == 2, message
        assert path.read_text() == before
    recording = start("--num_features=1", "--append", "a.csv")
    recording.send(3.0)
    recording.send(address="/reset")
    recording.send(4.0)
    recording.send(address="/stop")
    recording.end(None)
    table = read_table(path)
    assert table.values[0].tolist() == [1, 2, 4] and table.time.tolist() == [0, 2.5, 3.5]
    assert read_table(tmp_path / "a.reset-1.csv").values[0].tolist() == [3]


def test_other_columns_leave_no_journal(tmp_path, caplog):
    path = tmp_path / "a.json"
    path.write_text('{"data": [[1, 2], [3, 4]]}')
    arguments = ["--in_port=0", "--notemporal", "--append", str(path)]
    assert record.main([*arguments, "--num_features=3"]) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_nothing_recorded_leaves_no_file(start, tmp_path):
    recording = start("--num_features=1", "a.json")
    assert recording.end(signal.SIGTERM) == {"output": None, "rows": 0, "ignored": {}}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "--num_features=NUMBER"),
        (["--num_features=0"], "at least 1"),
        (["--num_features=2", "--masked=2"], "columns from 0 to 1 for --masked"),
        (["--num_features=2", "--masked=" + "1" * 5000], "columns from 0 to 1 for --masked"),
        (["--num_features=2", "--categorical=x"], "columns from 0 to 1 for --categorical"),
        (["--num_features=2", "--names=a"], "as many --names as --num_features=2"),
        (["--names=a,a#"], "--names that differ"),
        (["--num_features=1", "--output=a.xls"], "a table ending in .csv"),
        (["--num_features=1", "--in_host=no.such.host.invalid"], "a free UDP port"),
        (["--num_features=1", "--allow=here"], "a network such as 192.168.1.0/24"),
        (["--num_features=1", "--address=/stop"], "an --address beside"),
    ],
)
def test_bad_flags_end_in_one_line_and_status_2(arguments, message, tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    assert record.main(["--in_port=0", *arguments]) == 2
    assert message in caplog.text and list(tmp_path.iterdir()) == []


def test_a_taken_port_is_said(start, tmp_path, caplog):
    recording = start("--num_features=1", "a.csv")
    port = recording.client._port
    assert record.main([f"--in_port={port}", "--num_features=1", str(tmp_path / "b.csv")]) == 2
    assert f"127.0.0.1:{port}" in caplog.text and not (tmp_path / "b.csv").exists()


def test_messages_from_networks_that_are_not_allowed_are_refused(start, tmp_path):
    recording = start("--num_features=1", "--allow=10.1.2.0/24", "a.csv")
    for value in (1.0, 2.0):
        recording.send(value)
    time.sleep(0.3)
    recorded = recording.end()
    assert recorded["rows"] == 0 and recorded["ignored"] == {"from elsewhere": 2}


def test_hachi_machis_address_is_the_host():
    config = record.RecordConfig(num_features=1, address="0.0.0.0")
    assert (config.in_host, config.address) == ("0.0.0.0", "/input")
