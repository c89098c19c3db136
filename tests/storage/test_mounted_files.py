"""Files that are mounted alone, as ``docker -v FILE:FILE`` does: nothing can take their place (EBUSY)."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MOUNT = 'for name in "$@"; do mount --bind "host-$name" "$name" || exit 77; done; exec "$PYTHON" -c "$SCRIPT"'
SCRIPT = """\
from pathlib import Path
from jebbitctl.commands.shared.junit_file import JunitFile
from jebbitctl.output.junit import suites_xml
from jebbitctl.storage.backup_files import write_backup
from jebbitctl.storage.files import write_public_file
from jebbitctl.storage.secret_files import SecretFiles, reserved_secret_file, write_secret_file
from jebbitctl.webhooks.recordings.recorder import Recorder
from tests.webhooks.recorded import delivered

with reserved_secret_file(Path("secret")):
    write_secret_file(Path("secret"), "s1")
files = SecretFiles(Path())
files.require_free(["a"])
files.reserve("a", alone=True)
files.write("a", "s2")
write_public_file(Path("manifest"), "version = 1")
write_public_file(Path("manifest"), "v = 2")
write_backup(Path("backup"), "before")
write_backup(Path("backup"), "before")
report = JunitFile(Path("junit"))
report.begin(suites_xml([]))
report.end(suites_xml([]))
with Recorder(Path("record")) as recorder:
    recorder.append(delivered())
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="only root can mount, and this is Linux's way",
)
def test_every_file_that_is_written_may_be_mounted_alone(tmp_path: Path) -> None:
    names = ["secret", "a.secret", "manifest", "backup", "junit", "record"]
    for name in names:
        (tmp_path / name).touch()
        (tmp_path / f"host-{name}").touch(0o600)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", MOUNT, "sh", *names],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "SCRIPT": SCRIPT,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in {1, 77} and "unshare" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert (done.returncode, done.stderr) == (0, "")
    written = {name: (tmp_path / f"host-{name}").read_text() for name in names}
    assert (written["secret"], written["a.secret"]) == ("s1\n", "s2\n")
    assert (written["manifest"], written["backup"]) == ("v = 2", "before")
    assert "<testsuites" in written["junit"]
    assert '"body"' in written["record"]
