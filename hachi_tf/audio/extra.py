"""The packages of the extra `audio`, imported when they are needed."""

import importlib
from typing import Any

from hachi_tf.errors import UserError


def require(module: str, purpose: str) -> Any:
    """Imports a package of the extra.

    Args:
        module: its name.
        purpose: what it is needed for, e.g. `"to read sound files"`.

    Raises:
        UserError: if it is not installed, or what it needs of the system is missing.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:  # OSError: soundfile without libsndfile
        raise UserError(
            f"the package {module} {purpose}",
            f"none ({error})",
            "run: pip install 'hachi_tf[audio]'",
        ) from error
