"""The few calls that the workflows make to the hosting service, through its own program `gh` with the job's token."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"


class StopError(Exception):
    """The job cannot go on; the message says why."""


def variable(name: str) -> str:
    """Return a variable of the job; its absence stops the job."""
    if not os.environ.get(name):
        raise StopError(f"The variable {name} is not set; this script is run by a workflow.")
    return os.environ[name]


def run_address(number: int | str) -> str:
    """Return the address of a run of a workflow."""
    return f"{variable('GITHUB_SERVER_URL')}/{variable('GITHUB_REPOSITORY')}/actions/runs/{number}"


def every(path: str, items: str = ".[]", **query: str) -> list[Any]:
    """Read a list of this repository, all its pages; `items` says where an answer has the list."""
    fields = [f"--raw-field={key}={value}" for key, value in {**query, "per_page": "100"}.items()]
    answer = _call("GET", path, 50_000_000, "--paginate", "--jq", items, *fields)
    # what others wrote may hold other signs that end a line
    return [json.loads(line) for line in answer.decode().split("\n") if line]


def write(method: str, path: str, body: Mapping[str, Any]) -> Any:
    """Write one thing of this repository."""
    return json.loads(_call(method, path, 5_000_000, "--input", "-", body=json.dumps(body).encode()))


def download(path: str, largest: int) -> bytes:
    """Read a file of at most so many bytes; nothing of it is unpacked."""
    return _call("GET", path, largest)


def _call(method: str, path: str, largest: int, *options: str, body: bytes = b"") -> bytes:
    repository = variable("GITHUB_REPOSITORY")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise StopError("GITHUB_REPOSITORY must be OWNER/NAME.")
    command = ["gh", "api", "--method", method, f"repos/{repository}/{path}", *options]
    with tempfile.TemporaryFile() as sent, tempfile.TemporaryFile() as errors:
        sent.write(body)
        sent.seek(0)
        with subprocess.Popen(command, stdin=sent, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            content = process.stdout.read(largest + 1)
            if len(content) > largest:
                process.kill()
                raise StopError(f"{method} {path}: the answer is larger than {largest:,} bytes.")
        errors.seek(0)
        if process.returncode:
            raise StopError(f"{method} {path} failed: {errors.read().decode('utf-8', 'replace').strip()}.")
    return content


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder, without configuration from elsewhere; `gh` gives it the token when it pushes."""
    settings = {
        "core.hooksPath": os.devnull,
        "core.autocrlf": "false",
        "user.name": BOT,
        "user.email": "bot@localhost",
        f"credential.{variable('GITHUB_SERVER_URL')}.helper": "!gh auth git-credential",
    }
    variables = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    variables["GIT_CONFIG_COUNT"] = str(len(settings))
    for i, (key, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "GH_TOKEN": variable("GH_TOKEN"), **variables},
    )
    if done.returncode:
        raise StopError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
