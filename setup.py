"""What setup.cfg cannot say: a wheel carries the ready configurations and exports, too."""

import pathlib
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py

EXPORTS = ("hershey", "kanji", "rhythm", "text")


class BuildWithReady(build_py):
    """Copies `configs/` and the ready exports into `hachi_tf/ready/`."""

    def run(self):
        """Builds; an editable install finds them where they lie."""
        super().run()
        if self.editable_mode:
            return
        target = pathlib.Path(self.build_lib, "hachi_tf", "ready")
        for source in ("configs", *(f"exports/{name}" for name in EXPORTS)):
            shutil.copytree(source, target / source, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithReady})
