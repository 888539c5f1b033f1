"""Small files that are in order, of each format that is read."""

import io
import pathlib
import tempfile

import numpy as np

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><g transform="translate(3 4) '
    b'rotate(30) scale(2,.5) matrix(1 0 0 1 5 5) skewX(3)" stroke="black" fill="none">'
    b'<path d="M1 2L3 4h5v-2C1 1 2 2 3 3S4 4 5 5Q1 2 3 4T5 6z m1,1 l2-3.5e1"/>'
    b'<line x1="1" y1="2" x2="3" y2="4.5"/><polyline points="1,2 3,4 5 6"/></g></svg>',
    b'<?xml version="1.0" encoding="utf-8"?><svg xmlns="http://www.w3.org/2000/svg"><style>'
    b'.a{stroke:red;fill:none}</style><path class="a" d="m 10 10 c5 5 0 1 1 .1 2 2 3 3 4 4" '
    b'style="stroke:#123;fill:none"/>'
    b'<circle cx="5" cy="5" r="1" stroke="red"/><ellipse cx="5" cy="5" rx="2" ry="1" fill="red"/>'
    b'<polygon points="0 0 1 1 2 0" stroke="blue" fill="none"/><defs><path d="M0 0"/></defs></svg>',
)
IAM = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><WhiteboardCaptureSession><WhiteboardDescription>'
    b'<SensorLocation corner="top_left"/></WhiteboardDescription><StrokeSet><Stroke colour="black" '
    b'start_time="1.1" end_time="2.2"><Point x="1073" y="1058" time="769.05"/><Point x="1072" '
    b'y="1085" time="769.07"/></Stroke><Stroke><Point x="10" y="20" time="3"/></Stroke></StrokeSet>'
    b"</WhiteboardCaptureSession>",
)
CSV = (
    b"time,0_pitch,1_velocity,~2_duration,3_channel#\n0,60,100,0.5,1\n0.25,62,90,0.5,2\n"
    b"0.5,,80,1,1\n",
    b"date,a,b\n2020-01-01,1,2.5\n2020-01-02,3,\n2020-01-03,5,-1e3\n2020-01-04,4,1\n",
    b'day;shop;sold;promo\n1.2.2021;"x";1,5;0\n2.2.2021;"y ""z""";2,5;1\n3.2.2021;x;3;0\n',
    b"sample,dx,dy,end_of_stroke\n0,1,2,0\n0,3,4,1\n1,5,6,1\n",
    b"date\tx\n2020-01-01T00:00:00Z\t1\n2020-01-01T01:00:00Z\t2\n2020-01-01T02:00:00Z\t4\n",
    b"month,sold\n1999-03,1\n1999-04,2\n1999-05,3\n1999-06,3.5\n1999-07,2\n",
)
JSON = (
    b'{"features": {"0": {"masked": true}}, "time": [0, 1], "data": [[60, 0.5], [62, 0.25]]}',
    b'{"features": {"0": {"name": "pitch"}, "1": {"categorical": true}}, "data": [[1, 2], [3, 4]]}',
    b'{"data": [[1, null], [3, 4.5], [5, 6]]}',
    b"[[[0, 0], [1, 2], [3, 1]], [[5, 5, 1.0], [6, 6, 2.0]]]",
    b'{"strokes": [[{"x": 1, "y": 2, "t": 3}, {"x": 2, "y": 3, "t": 4}]], "text": "hello"}',
    b'{"strokes": [{"points": [[1, 2], [3, 4]]}]}',
)
TXT = (
    b"time pitch velocity\n0 60 100\n0.5 62 90\n1 64 80\n",
    b"0, 60 100;\n1, 62 90;\n",
    b"( ( features ( pitch ( column 0 ) ) ) ( data ( 60 1 ) ( 61 2 ) ) )",
    b"[ time 0. 1. 2. ] [ data [ 1 2 ] [ 3 4 ] [ 5 6 ] ]",
)
TEXT = (
    "The man \u201ccould\u201d not sing.\n\nNa\u00efve cafe\u0301 \U0001f600\r\nEnd".encode(),
    b"To be, or not to be\n" * 20,
    "\u65e5\u672c\u8a9e\u3002\n\u304b\u306a".encode(),
    b"a\tb\x0cc\n",
)
OPERATIONS = (
    b"addrand(range=(-6, 6), dims=0); mulrand(range=(0.9, 1.1), dims=t)",
    b"add(value=12, dims=0), clip(min=0, max=127, dims=(0, t))",
    b"cumsum(dims=0);diff(dims=t);abs();rev(p=0.5);sort(dims='pitch')",
    b"SUB(value=-1.5e3,dims=0); div(value=2)",
)
OPTIONS = (
    b"kanji(tolerance=1.0)",
    b"gaussian_mixture(num_components=20, covariance='full')",
    b"text(unit='byte', records=None, errors=\"replace\")",
    b"event_table(ranges={'cutoff': (20, 90)})",
    b"midi(controllers=(64,), tempo=True)",
    b"iam_ondb(clip=1000)",
    b"rhythm",
    b"hershey(characters='kana')",
)
FLAGS = (
    b"--epochs=3\n--learning_rate=0.01\n--source=kanji(tolerance=1.0)\n--data=x.csv\n",
    b"--hidden-size=16\n--noend_of_sequence\n--clip_derivatives=10,100\n--clip_norm=0\n--seed=7",
    b"--weight_noise=adaptive\n--patience=3\n--context=60\n--horizon=14\n--stride=2\n--debug=true",
    b"# a comment\n--batch_size=32\n--network=synthesis\n--operations=add(value=1)\n// more\n",
)
YAML = (
    b"epochs: 3\nlearning_rate: 0.01\noperations:\n  - add(value=1)\n  - rev()\ndebug: true\n",
    b"data: takes.csv\nhidden_size: 16\nbatch-size: 4\n",
)
TOML = (
    b'epochs = 3\nlearning_rate = 0.01\noperations = ["add(value=1)", "rev()"]\n'
    b"[train]\nseed = 7\n",
    b'data = "takes.csv"\nhidden_size = 16\n',
)


def npz() -> tuple[bytes, ...]:
    """Samples, sketches with arrays of objects, a checkpoint."""
    from hachi_tf.training.checkpoints import save_arrays

    events = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    events[..., 2] = events[..., 2] > 10
    boxed = np.empty(2, object)
    boxed[:] = [np.ones((3, 3), np.int16), np.zeros((2, 3), np.int16)]
    result = []
    for save, arrays in (
        (np.savez, {"events": events, "lengths": np.array([4, 2])}),
        (np.savez_compressed, {"events": events, "lengths": np.array([4, 2])}),
        (np.savez_compressed, {"train": boxed, "valid": boxed, "test": boxed}),
        (np.savez, {"train": boxed, "valid": boxed, "test": boxed}),
    ):
        file = io.BytesIO()
        save(file, **arrays)
        result.append(file.getvalue())
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "step-000000001.npz")
        save_arrays(path, {"network.0.kernel": np.eye(3)}, {"step": 1})
        result.append(path.read_bytes())
    return tuple(result)


def midi() -> tuple[bytes, ...]:
    """Files of kind 0 and 1 with tempo, pedal, running status and text."""
    import mido

    result = []
    for kind in (0, 1):
        file = mido.MidiFile(type=kind, ticks_per_beat=96)
        for channel in range(1 if kind == 0 else 2):
            track = mido.MidiTrack()
            track.append(mido.MetaMessage("set_tempo", tempo=400000, time=0))
            track.append(mido.MetaMessage("track_name", name="a", time=0))
            track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4, time=0))
            for pitch in (60, 64, 67):
                track.append(mido.Message("note_on", note=pitch, velocity=90, channel=channel))
                track.append(mido.Message("control_change", control=64, value=127, time=10))
                track.append(mido.Message("note_off", note=pitch, time=48, channel=channel))
            track.append(mido.Message("sysex", data=[1, 2, 3], time=1))
            file.tracks.append(track)
        content = io.BytesIO()
        file.save(file=content)
        result.append(content.getvalue())
    return tuple(result)


def wav() -> tuple[bytes, ...]:
    """Sounds of several encodings, one or two channels."""
    import soundfile

    wave = np.sin(np.arange(400) / 5)
    result = []
    for kind, subtype, channels in (("WAV", "PCM_16", 1), ("WAV", "PCM_U8", 2), ("WAV", "FLOAT", 1),
                                    ("FLAC", "PCM_16", 1), ("AIFF", "PCM_24", 2)):  # fmt: skip
        file = io.BytesIO()
        soundfile.write(file, np.stack([wave] * channels, 1), 8000, subtype, format=kind)
        result.append(file.getvalue())
    return tuple(result)
