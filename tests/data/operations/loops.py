"""Operations as plain loops over one sequence, in float64: what the fast ones must equal."""

import math

BASIC = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y if y else math.nan,
}


def statistic(values, which):
    """Of numbers, without the missing ones."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < (1 if which == "mean" else 2):
        return math.nan
    mean = math.fsum(known) / len(known)
    if which == "mean":
        return mean
    return math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (len(known) - 1))


def operand(rows, t, c, columns, value, axis):
    """The number that cell (t, c) meets."""
    if not isinstance(value, str):
        return value
    if axis == "time":
        return statistic([row[c] for row in rows], value)
    if axis == "feature":
        return statistic([rows[t][column] for column in columns], value)
    return statistic([row[column] for row in rows for column in columns], value)


def arithmetic(rows, columns, name, value, axis="none"):
    """A sum, difference, product or quotient; what has no result stays."""
    new = [list(row) for row in rows]
    for t in range(len(rows)):
        for c in columns:
            result = BASIC[name](rows[t][c], operand(rows, t, c, columns, value, axis))
            new[t][c] = result if math.isfinite(result) else rows[t][c]
    return new


def clip(rows, columns, low=0.0, high=None, axis="none"):
    """Limits, of which the upper one wins."""
    new = [list(row) for row in rows]
    for t in range(len(rows)):
        for c in columns:
            for limit, choose in ((low, max), (high, min)):
                if limit is None or math.isnan(new[t][c]):
                    continue
                number = operand(rows, t, c, columns, limit, axis)
                new[t][c] = new[t][c] if math.isnan(number) else choose(new[t][c], number)
    return new


def along_time(rows, columns, name):
    """`abs`, `cumsum`, `diff` or `rev`."""
    new = [list(row) for row in rows]
    for c in columns:
        total, last = 0.0, None
        for t in range(len(rows)):
            value = rows[t][c]
            if name == "rev":
                new[t][c] = rows[len(rows) - 1 - t][c]
            elif not math.isnan(value):
                total += value
                results = {"abs": abs(value), "cumsum": total}
                results["diff"] = 0.0 if last is None else value - last
                new[t][c], last = results[name], value
    return new


def sort(rows, columns, by, descending=False):
    """Rows by a column, the missing ones last."""

    def key(t):
        value = rows[t][by]
        return (math.isnan(value), 0.0 if math.isnan(value) else -value if descending else value, t)

    order = sorted(range(len(rows)), key=key)
    new = [list(row) for row in rows]
    for t in range(len(rows)):
        for c in columns:
            new[t][c] = rows[order[t]][c]
    return new
