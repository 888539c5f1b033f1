"""What a machine has to compute on, and to play with."""

import os
import platform
from typing import Any

from hachi_tf.errors import UserError


def machine_figures() -> dict[str, Any]:
    """The devices that TensorFlow finds, and the names of MIDI ports, for JSON."""
    import keras
    import tensorflow as tf

    devices = []
    for device in tf.config.list_physical_devices():
        details = tf.config.experimental.get_device_details(device)
        capability = details.get("compute_capability")
        shown = {"name": details.get("device_name"), "compute_capability": capability}
        found = {key: value for key, value in shown.items() if value is not None}
        devices.append({"type": device.device_type, **found})
    return {
        "devices": devices,
        "midi": midi_ports(),
        "cpu_cores": os.cpu_count(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "built_with_cuda": tf.test.is_built_with_cuda(),
    }


def midi_ports() -> dict[str, Any]:
    """Names of MIDI ports under `inputs` and `outputs`, or under `none` why there are none."""
    from hachi_tf.performing.midi_ports import port_names

    try:
        return port_names()
    except UserError as error:
        return {"none": str(error)}
