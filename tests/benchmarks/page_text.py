"""The page itself: Markdown as GitHub shows it, and the charts that it shows."""

import json
from collections.abc import Sequence

from tests.benchmarks import page_charts, page_rows
from tests.benchmarks.page_charts import factor, number_text
from tests.benchmarks.page_parts import PARTS
from tests.benchmarks.page_rows import Row

_HEAD = """# Benchmarks

Made by `make bench` (`python -m tests.benchmarks.page`), which overwrites it; the figures are also in [benchmarks.json](benchmarks.json). The contenders run on the same machine in the same session, in processes of their own. The last column says how many times better ours is: above 1 it is faster, or smaller where less is better; below 1 it is not.
"""  # noqa: E501
_BUSY = 0.2  # of the cores' time, taken by others before a benchmark began


def render(recorded: dict) -> dict[str, str]:
    """The files of the page by name: `benchmarks.md`, and SVG charts.

    Args:
        recorded: the content of `benchmarks.json`.
    """
    measured = {name: recorded["parts"][name] for name in PARTS if name in recorded["parts"]}
    rows = {name: list(PARTS[name].rows(each["result"])) for name, each in measured.items()}
    charts = _charts(measured, rows)
    machines: list[dict] = []
    for each in measured.values():
        if each["machine"] not in machines:
            machines.append(each["machine"])
    pieces = [_HEAD, *_machines(machines), *_glance(rows, charts)]
    for name, part in PARTS.items():
        pieces.append(f"## {part.title}\n")
        pieces.append(f"{part.about}\n")
        left_out = recorded["left_out"].get(name)
        if left_out:
            pieces.append(f"**Not measured in the last run** ({left_out}).\n")
        if name in measured:
            pieces.append(_when(measured[name], machines))
            pieces.append(_table(rows[name]))
            pieces += _picture(name, charts, part.title)
        elif not left_out:
            pieces.append(f"**Not measured yet**: `make bench BENCH=--only={name}`.\n")
    documents = {f"benchmarks-{name}.svg": chart for name, chart in charts.items()}
    return {"benchmarks.md": "\n".join(pieces), **documents}


def _machines(machines: Sequence[dict]) -> list[str]:
    if not machines:
        return []
    names = [f"machine {index + 1}" for index in range(len(machines))]
    many = len(machines) > 1
    lines = [f"## The machine{'s' if many else ''}\n"]
    lines.append("| | " + " | ".join(names if many else ["" for _ in names]) + " |")
    lines.append("|---" * (len(machines) + 1) + "|")
    described = [_described(each) for each in machines]
    for key in dict.fromkeys(key for each in described for key in each):
        lines.append(f"| {key} | " + " | ".join(each.get(key, "") for each in described) + " |")
    return ["\n".join(lines) + "\n"]


def _described(machine: dict) -> dict[str, str]:
    cores = f"{machine['cores']} cores"
    kind = f"{cores} of a virtual machine" if machine.get("virtual") else cores
    said = {
        "processor": machine.get("processor", ""),
        "cores": kind,
        "instructions": machine.get("instructions", "").replace(" ", ", "),
        "memory": f"{machine['memory_gib']:g} GiB" if "memory_gib" in machine else "",
        "system": machine.get("system", ""),
    }
    return {key: value for key, value in (said | machine["versions"]).items() if value}


def _glance(rows: dict[str, list[Row]], charts: dict[str, str]) -> list[str]:
    peers = [(PARTS[name].title, row) for name, each in rows.items() for row in each if row.peer]
    if not peers:
        return []
    pieces = ["## At a glance\n", *_picture("ratios", charts, "How many times better ours is")]
    worse = [
        f"- {title}: {row.what}: {factor(row.ratio)} of {row.against}'s speed, "
        f"{_figure(row.ours, row)} against {_figure(row.theirs, row)}."
        if row.more_is_better
        else f"- {title}: {row.what}: {_figure(row.ours, row)} against {row.against}'s "
        f"{_figure(row.theirs, row)}."
        for title, row in peers
        if row.ratio is not None and row.ratio < 1
    ]
    missed = [
        f"- {title}: {row.what}: none, against {row.against}'s {_figure(row.theirs, row)}."
        for title, row in peers
        if row.ours is None
    ]
    if worse or missed:
        pieces.append("Not better than the peers':\n\n" + "\n".join(worse + missed) + "\n")
    else:
        pieces.append("Nothing here is worse than the peers'.\n")
    return pieces


def _when(part: dict, machines: Sequence[dict]) -> str:
    place = f" on machine {machines.index(part['machine']) + 1}" if len(machines) > 1 else ""
    said = f"Measured {part['date']}{place}, hachi_tf {part['version']}, in "
    said += f"{part['seconds'] / 60:.1f} minutes, by `{part['command']}`"
    others = {k: v for k, v in part["peer"].items() if part["machine"]["versions"].get(k) != v}
    if others:
        said += f"; the peer had {', '.join(f'{name} {v}' for name, v in others.items())}"
    if part["trial"]:
        said += "; a short trial, not to be quoted"
    busy = part.get("busy")
    if busy is not None and busy > _BUSY:
        said += f"; others took {busy:.0%} of the cores' time before it"
    return said + ".\n"


def _table(rows: Sequence[Row]) -> str:
    lines = []
    for peer in (True, False):
        chosen = [row for row in rows if row.peer is peer]
        if not chosen:
            continue
        head = "the peer's" if peer else "ours in another setting, or the machine's limit"
        lines += [f"| | unit | ours | {head} | | times better |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {row.what} | {row.unit} | {_number(row.ours)} | {_number(row.theirs)} "
            f"| {row.against} | {factor(row.ratio) if row.ratio else ''} |"
            for row in chosen
        ]
        lines.append("")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "none" if value is None else number_text(value)


def _figure(value: float | None, row: Row) -> str:
    return _number(value) + (f" {row.unit}" if value is not None else "")


def _picture(name: str, charts: dict[str, str], about: str) -> list[str]:
    return [f"![{about}](benchmarks-{name}.svg)\n"] if name in charts else []


def _charts(measured: dict[str, dict], rows: dict[str, list[Row]]) -> dict[str, str]:
    charts = {}
    bars = [
        (f"{name}: {row.what} ({row.against})", row.ratio)
        for name, each in rows.items()
        for row in each
        if row.peer and row.ratio
    ]
    if bars:
        charts["ratios"] = page_charts.ratios(
            "How many times better ours is than the peer's, on a logarithmic scale", bars
        )
    if "live" in measured:
        result = measured["live"]["result"]
        models = page_rows.played(result)
        panels = [
            (unit, [str(each) for each in models],
             [[result[f"{whose}{each}"][column] for whose in ("ours", "theirs")]
              for each in models])
            for column, unit in ((1, "p50, ms"), (2, "p99, ms"))
        ]  # fmt: skip
        title = "From /input to /output, by the number of models"
        charts["live"] = page_charts.groups(title, panels, ("hachi_tf", "hachi machi"))
    if "serving" in measured:
        result = measured["serving"]["result"]
        clients = page_rows.loads(result)
        panels = [
            (unit, [str(each) for each in clients],
             [[result[how][f"{key}_{each}"] for how in ("merged", "alone")] for each in clients])
            for key, unit in (("rate_hz", "answers a second"), ("p99_ms", "p99, ms"))
        ]  # fmt: skip
        names = ("requests merged", "each alone")
        title = "What a server on one thread answers, by the number of clients"
        charts["serving"] = page_charts.groups(title, panels, names)
    return charts


def dumps(recorded: dict) -> str:
    """`benchmarks.json`'s content."""
    return json.dumps(recorded, indent=1, allow_nan=False) + "\n"
