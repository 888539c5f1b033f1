"""Operations on events, as augmentation of each training example or on a file.

Names and settings are hachi machi's, `addrand(range=(-6, 6), dims=0)`. All work on whole batches.

| operation | settings (with their defaults) | what it does |
|---|---|---|
| `add` `sub` `mul` `div` | `value`, `axis=none` | with a number, or with the `mean` or `std` |
| `addrand` `subrand` `mulrand` `divrand` | `range=(0, 1)`, `axis=none`, `dist=uniform`, \
`log=False` | with random numbers |
| `cumsum` `diff` | | sums up to each event; differences, 0 at the first |
| `abs` | | absolute values |
| `clip` | `min=0`, `max=None`, `axis=none` | limits: numbers, `mean`, `std` or None |
| `rev` | | from the last event to the first |
| `sort` | `by=0`, `descending=False` | by the values of one column |

All take `dims`, the columns: numbers from 0 on, which count without the time, `t` for the time,
names, or several of them; all that fit if not given. All take `p`, the chance that the operation
is applied to a sequence. The mean and the deviation (of a sample, over n - 1) are over `axis`:
`time`, a number a column; `feature`, a number an event; `none`, one number. Random numbers are one
an event with `axis=time`, one a column with `feature`, one each with `element`, one in all with
`none`. With `dist=normal` the range is the mean and the deviation; with `log=True` a random number
x becomes 2^x, so `mulrand(range=(-1, 1), log=True)` halves, doubles, or does something between.
"""

from hachi_tf.data.operations.parsing import (
    OPERATIONS,
    Operations,
    limits_of,
    parse_operations,
)

__all__ = ["OPERATIONS", "Operations", "limits_of", "parse_operations"]
