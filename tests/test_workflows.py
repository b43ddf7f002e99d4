"""The workflows and their scripts: hostile artifacts, a service on this machine, real git, and what zizmor says."""

from __future__ import annotations

import base64
import io
import json
import lzma
import os
import re
import stat
import subprocess
import sys
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_history import ATTACKS, CONCLUSION, chapter, results, version

from livingreview import history

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / ".github" / "scripts"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
sys.path.insert(0, str(SCRIPTS))

import archive  # noqa: E402
import issue  # noqa: E402
import links  # noqa: E402
import proposing  # noqa: E402
import publish  # noqa: E402
from service import StopError  # noqa: E402

SHA = "0123456789abcdef0123456789abcdef01234567"
BODY = history.markdown(history.compare(version("before"), version(results_csv=results(("percent,45", "percent,30")))))
PAGE = b"<!doctype html><html lang=en><head><title>x</title><script>alert(1)</script></head><body>hi</body></html>"


def packed(entries: dict[str, bytes] | None = None, **more: bytes) -> bytes:
    """An artifact as the check makes it, with more or other files."""
    files = {"number": b"7\n", "site/index.html": PAGE, "site/chapters/impact.html": PAGE}
    files |= {"site/_static/a.css": b"p{}", "site/_static/a.js": b"alert(2)"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (files | (entries or {}) | more).items():
            made.writestr(name, content)
    return out.getvalue()


# --------------------------------------------------------------------------------------------------- archives


def test_an_artifact_as_the_check_makes_it_is_read():
    content = archive.files(packed())
    assert archive.number(content) == 7
    pages = archive.preview(content)
    assert set(pages) == {"index.html", "chapters/impact.html", "_static/a.css"}


def test_no_script_of_a_preview_runs():
    page = archive.preview(archive.files(packed()))["index.html"]
    assert page.startswith(b"<!doctype html>")
    assert page.index(b"default-src 'none'") < page.index(b"<script>")
    assert b"script-src" not in archive.GUARD
    assert b"noindex" in archive.GUARD


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "site/../../evil", "/etc/passwd", "site//x.html", "C:/x.html", "C:\\x.html", "site\\..\\x.html",
        "site/.git/hooks/post-commit", ".git/config", "site/.htaccess", "site/a\x1b.html", "site/a\n.html",
        "site/-rf", "site/a b.html", "site/CON:.html", "site/\N{FULLWIDTH FULL STOP}./x.html", "other.md", "DIFF.MD",
        "site/" + "a" * 300, "/".join(["site", *["a"] * 20, "x.html"]), "site/a\0.html", "site/x.html/", "elsewhere/",
        ".github/workflows/check.yml", "~/x", "site/..", "number/", "site/$(id).html", "site/`id`.html",
    ],
)  # fmt: skip
def test_a_crafted_name_refuses_the_whole(name):
    out = io.BytesIO(packed())
    with zipfile.ZipFile(out, "a") as made:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        made.writestr(entry, b"x" if not name.endswith("/") else b"")
    if name == "site/x.html/":
        assert "x.html" not in archive.preview(archive.files(out.getvalue()))  # a folder of that name is none
        return
    with pytest.raises(StopError, match=r"crafted name|name that no proposal has|two files of one name") as stop:
        archive.files(out.getvalue())
    assert name not in str(stop.value)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_refuse_the_whole(kind):
    out = io.BytesIO(packed())
    with zipfile.ZipFile(out, "a") as made:
        entry = zipfile.ZipInfo("site/link.html")
        entry.external_attr = (kind | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    with pytest.raises(StopError, match="a link, a device"):
        archive.files(out.getvalue())


def test_a_bomb_is_counted_and_not_believed(monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_FILE", 100_000)
    with pytest.raises(StopError, match="too large"):
        archive.files(packed({"site/bomb.html": b"0" * 1_000_000}))
    monkeypatch.setattr(archive, "LARGEST_FILE", 20_000_000)
    monkeypatch.setattr(archive, "LARGEST_ALL", 100_000)
    with pytest.raises(StopError, match="unpacks to more"):
        archive.files(packed({f"site/{i}.html": b"0" * 30_000 for i in range(5)}))
    # the stated size is a lie
    lying = bytearray(packed({"site/bomb.html": b"0" * 1_000_000}))
    lying = lying.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(StopError):
        archive.files(bytes(lying))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a ZIP"),
        (b"PK\x03\x04 and no more", "not a ZIP"),
        (packed()[:-30], "not a ZIP"),
        (packed().replace(b"PK\x01\x02", b"PK\x01\x03"), "not a ZIP"),
        (packed({f"site/{i}.html": b"" for i in range(3001)}), "more than 3,000 files"),
        (packed({"site/INDEX.html": b""}), "two files of one name"),
        (packed({"site/index.html/deeper/b.html": b""}), "a file and a folder of one name"),
        (packed({"site/Chapters": b""}), "a file and a folder of one name"),
        (packed({"number/": b"", "site/new/": b""}), "no proposal has"),
        (b"0" * 30_000_001, "more than 30,000,000 bytes"),
    ],
)
def test_what_is_no_archive_of_a_proposal_is_refused(content, said):
    with pytest.raises(StopError, match=said):
        archive.files(content)


def test_an_encrypted_file_is_refused():
    content = bytearray(packed())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(StopError, match="encrypted"):
        archive.files(bytes(content))


@pytest.mark.parametrize("text", ["", "0", "-7", "7; rm -rf /", "7\n8", "007", "7" * 20, "٧", "$(id)", "7.0", "1e3"])
def test_a_wrong_number_is_refused(text):
    with pytest.raises(StopError, match="number of a pull request"):
        archive.number({"number": text.encode()})


@pytest.mark.parametrize(
    "name", ["x.svg", "x.xml", "x.pdf", "x.js", "x.exe", "x.htm", "x.xhtml", "x", "x.php", "x.HTML"]
)
def test_a_file_that_may_run_by_itself_is_left_out_of_a_preview(name):
    assert name not in archive.preview(archive.files(packed({f"site/{name}": b"<svg onload=alert(1)>"})))


@pytest.mark.parametrize(
    "tag",
    [
        b'<meta http-equiv="refresh" content="0;url=https://example.org">',
        b"<META HTTP-EQUIV=REFRESH content=0>",
        b"<meta content=0 http-equiv\n=\n'&#114;efresh'>",
    ],
)
def test_a_page_that_leads_away_by_itself_is_refused(tag):
    with pytest.raises(StopError, match="leads away"):
        archive.preview(archive.files(packed({"site/index.html": PAGE.replace(b"<title>", tag + b"<title>")})))


# ----------------------------------------------------------------------------------------------- text of a stranger


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_we_write_about_hostile_data_has_our_form(attack):
    cell = f'"{attack.replace(chr(34), chr(34) * 2)}"'
    conclusion = json.loads(json.dumps(CONCLUSION))
    conclusion["data"]["application/papermill.record/text/plain"] = attack
    after = version(attack, results_csv=results(("-0.40 in 2 of 3", cell)), impact_ipynb=chapter(conclusion))
    assert publish.formatted(history.markdown(history.compare(version("before"), after)))


def test_a_long_difference_has_our_form_too():
    lines = "".join(f"x-{i},impact,percent,{i},,note,unutzer2002,abstract,primary\n" for i in range(400))
    after = version(results_csv=results(("percent,45", "percent,30")) + lines)
    assert publish.formatted(history.markdown(history.compare(version("before"), after)))


FORMLESS = (
    *("www.example.org", "#12", "fixes GH-12", "<details>", "</details>", "a\n-->", "x | y", "<code>@team</code>"),
    *("<code>a.b</code>", "<code><b></code>", "<code>", "    code", "[x]: https://example.org", "1. [ ] x"),
    *("0123456", "see 0123456789ABCDEF0123456789abcdef01234567.", "(deadbeef)", "a-1234567-b"),
    *("https&#58;//example.org", "&#64;team", "e\u0301\u202e", "> quoted", "---", "===", "- - [x] done"),
    *("<del><code>a</code>", "<del>a</del>", "<ins><code>a</code></del>"),
    "<details><summary>x</summary>\n<details><summary>y</summary>\n</details>\n</details>",
)


@pytest.mark.parametrize("attack", [*ATTACKS, *FORMLESS])
def test_text_without_our_form_is_shown_as_text(attack):
    assert not publish.formatted(f"## Fine\n\n{attack}\n")
    shown = publish.shown(f"## Fine\n\n{attack}\n````\n~~~~\n@team")
    inner = re.fullmatch(r"It is not[^`\n]*\n\n```text\n([^`]*)\n```", shown)
    assert inner
    assert all(c.isprintable() or c == "\n" for c in shown)


def test_a_huge_text_is_cut():
    assert len(publish.shown("@team " * 100_000)) < 65_000
    assert len(publish.shown("`" * 100_000 + "\x1b" * 100_000)) < 65_000
    assert publish.shown(BODY) == BODY


# --------------------------------------------------------------------------------------------- a service here

#: Stands in for `gh`: it speaks to the service of the test as the real one does to that of its host.
GH = """#!{python} -S
import json, os, sys, urllib.error, urllib.parse, urllib.request
arguments = sys.argv[1:]
assert arguments[:2] == ["api", "--method"], arguments
method, path = arguments[2:4]
options = arguments[4:]
query = dict(option.removeprefix("--raw-field=").split("=", 1) for option in options if "--raw-field=" in option)
items = options[options.index("--jq") + 1] if "--jq" in options else ""
assert items in ("", ".[]", ".artifacts[]")
body = sys.stdin.buffer.read() if options == ["--input", "-"] else None
for page in range(1, 100):
    more = dict(query, page=str(page)) if "--paginate" in options else query
    address = os.environ["SERVICE"] + "/" + path + ("?" + urllib.parse.urlencode(more) if more else "")
    request = urllib.request.Request(address, body, {{"X-Token": os.environ["GH_TOKEN"]}}, method=method)
    try:
        answer = urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        sys.exit(f"gh: {{error.reason}} (HTTP {{error.code}})")
    if not items:
        sys.stdout.buffer.write(answer)
        break
    listed = json.loads(answer)["artifacts"] if items == ".artifacts[]" else json.loads(answer)
    for item in listed:
        sys.stdout.buffer.write(json.dumps(item, ensure_ascii=False).encode() + b"\\n")
    if len(listed) < int(query["per_page"]):
        break
"""


class Hosting:
    """What a hosting service answers, and what it was told."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.told: list[tuple[str, str, Any]] = []
        self.tokens: set[str | None] = set()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        hosting = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                hosting.tokens.add(self.headers.get("X-Token"))
                asked = dict(urllib.parse.parse_qsl(query))
                answer = hosting.answers.get(path)
                if callable(answer):
                    answer = answer(asked)
                if isinstance(answer, str):
                    self.send_response(302)
                    self.send_header("Location", answer)
                    self.end_headers()
                    return
                if answer is None:
                    self.send_error(404)
                    return
                if isinstance(answer, list):
                    page = int(asked.get("page", 1)) - 1
                    answer = answer[page * 100 : page * 100 + 100]
                self._answer(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

            def _told(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hosting.told.append((self.command, self.path, body))
                self._answer(json.dumps({"number": 99}).encode())

            def do_POST(self) -> None:
                self._told()

            def do_PATCH(self) -> None:
                self._told()

            def _answer(self, content: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def hosting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hosting]:
    """A service with one open pull request from a fork, and the run of its check."""
    made = Hosting()
    server = ThreadingHTTPServer(("127.0.0.1", 0), made.handler())
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    repo = "/repos/them/review"
    pull = {"number": 7, "head": {"sha": SHA, "repo": {"full_name": "fork/review"}}}
    made.answers |= {
        f"{repo}/actions/runs/5/artifacts": {"artifacts": [{"id": 3}]},
        f"{repo}/actions/artifacts/3/zip": f"http://localhost:{server.server_port}/blob",
        "/blob": packed(),
        f"{repo}/pulls": lambda asked: [pull] if asked.get("head", "fork:fix") == "fork:fix" else [],
        f"{repo}/pulls/7/files": [{"filename": "data/results.csv"}, {"filename": "chapters/impact.ipynb"}],
        f"{repo}/issues/7/comments": [],
        f"{repo}/issues": [],
    }
    run = {
        "id": 5,
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "fix",
        "head_repository": {"full_name": "fork/review", "owner": {"login": "fork"}},
        "pull_requests": [],
    }
    made.run = run
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH.format(python=sys.executable), encoding="utf-8")
    (tmp_path / "bin/gh").chmod(0o755)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": run}), encoding="utf-8")
    for name, value in {
        "SERVICE": here,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "GITHUB_SERVER_URL": "https://host.example",
        "GITHUB_REPOSITORY": "them/review",
        "GITHUB_RUN_ID": "11",
        "GITHUB_EVENT_PATH": str(event),
        "GH_TOKEN": "secret-token",
        "PREVIEW_SITE": "",
        "DIFFERENCE": BODY,
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    server.shutdown()
    server.server_close()


def changed_run(hosting: Hosting, **more: Any) -> None:
    Path(os.environ["GITHUB_EVENT_PATH"]).write_text(json.dumps({"workflow_run": hosting.run | more}), encoding="utf-8")


def test_the_comment_is_written_to_the_pull_request_of_the_run(hosting):
    assert publish.main(["comment"]) == "The comment was written."
    ((method, path, body),) = hosting.told
    assert (method, path) == ("POST", "/repos/them/review/issues/7/comments")
    assert body["body"].startswith(publish.MARK)
    assert BODY in body["body"]
    assert "https://host.example/them/review/actions/runs/5" in body["body"]
    assert "more than data and chapters" not in body["body"]
    assert "Preview" not in body["body"]
    assert hosting.tokens == {"secret-token"}


def test_our_comment_is_updated_and_a_forged_one_is_left_alone(hosting):
    comments = [
        {"id": 1, "user": {"login": "somebody"}, "body": f"{publish.MARK} mine\x85\u2028\n"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"{publish.MARK}\n\nold"},
    ]
    hosting.answers["/repos/them/review/issues/7/comments"] = comments
    assert publish.main(["comment"]) == "The comment was updated."
    assert [(method, path) for method, path, _ in hosting.told] == [("PATCH", "/repos/them/review/issues/comments/2")]


def test_files_that_are_not_evidence_are_named_first(hosting, monkeypatch):
    names = [".github/workflows/check.yml", "livingreview/statistics/effects.py", "@team/<b>`x`.py"]
    hosting.answers["/repos/them/review/pulls/7/files"] = [{"filename": name} for name in names]
    monkeypatch.setenv("PREVIEW_SITE", "https://previews.example/review/")
    publish.main(["comment"])
    text = hosting.told[0][2]["body"]
    assert text.index("This proposal changes more than data and chapters") < text.index("What changes from")
    assert "&#46;github&#47;workflows&#47;check&#46;yml" in text
    assert "@team" not in text
    assert "<b>" not in text
    assert "https://previews.example/review/7/difference.html" in text


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"number": b"8"}, "claims to belong to another pull request"),
        ({"number": b"x"}, "does not hold the number"),
        ({"../x": b""}, "crafted name"),
        ({"site/index.html": b"<meta http-equiv=refresh content=0>"}, "leads away"),
    ],
)
def test_a_hostile_artifact_publishes_nothing(hosting, entries, said):
    hosting.answers["/blob"] = packed(entries)
    with pytest.raises(StopError, match=said):
        publish.main(["comment"])
    assert hosting.told == []


def test_a_hostile_text_is_published_as_text(hosting, monkeypatch):
    monkeypatch.setenv("DIFFERENCE", "@team [merge](https://example.org)\ufffd\x1b[2J")
    publish.main(["comment"])
    text = hosting.told[0][2]["body"]
    assert "```text\n@team [merge](https://example.org)\ufffd\\x1b[2J\n\n```" in text


def test_what_the_build_of_a_proposal_says_of_it_is_not_believed(hosting):
    """One cell of a chapter could write this file while the book is built."""
    hosting.answers["/blob"] = packed({"diff.md": b"This change is not material: nothing changed.\n"})
    with pytest.raises(StopError, match="a name that no proposal has"):
        publish.main(["comment"])
    assert hosting.told == []


def test_changed_code_of_a_chapter_is_shown_as_code_and_named_first(hosting, monkeypatch):
    forged = chapter().replace("assert 45 > 19", "assert 45 > 19 or quietly")
    assert forged != chapter()
    body = history.markdown(history.compare(version("before"), version(impact_ipynb=forged)))
    monkeypatch.setenv("DIFFERENCE", body)
    publish.main(["comment"])
    text = hosting.told[0][2]["body"]
    assert text.index("This proposal changes the code of chapters") < text.index("What changes from")
    assert "quietly" in text
    assert publish.formatted(body)
    assert "the code of chapters" not in publish._cells(BODY)


def test_rules_that_stand_beside_the_evidence_are_named_first(hosting):
    rules = ["data/datapackage.json", "chapters/wording_rules.csv", "chapters/x.py", "data/x/y.csv"]
    evidence = ["data/results.csv", "data/references.bib", "chapters/impact.ipynb", "index.md"]
    hosting.answers["/repos/them/review/pulls/7/files"] = [{"filename": name} for name in [*rules, *evidence]]
    assert publish.others(7) == rules


def test_a_run_whose_branch_moved_on_or_that_is_no_proposal_publishes_nothing(hosting):
    changed_run(hosting, head_sha="f" * 40)
    assert "nothing to publish" in publish.main(["comment"])
    changed_run(hosting, head_repository={"full_name": "thief/review", "owner": {"login": "fork"}})
    assert "nothing to publish" in publish.main(["comment"])
    changed_run(hosting, head_branch="x&state=all")
    assert "nothing to publish" in publish.main(["comment"])
    changed_run(hosting, event="push")
    with pytest.raises(StopError, match="not that of a pull request"):
        publish.main(["comment"])
    assert hosting.told == []


def test_an_artifact_that_is_missing_or_too_large_is_a_message(hosting, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 100)
    with pytest.raises(StopError, match="larger than 100 bytes"):
        publish.main(["comment"])
    listed = [{"id": 2}, {"id": 3}, {"id": 4, "expired": True}]  # the run was tried again
    hosting.answers["/repos/them/review/actions/runs/5/artifacts"] = {"artifacts": listed}
    with pytest.raises(StopError, match="artifacts/3/zip: the answer is larger"):
        publish.main(["comment"])
    hosting.answers["/repos/them/review/actions/runs/5/artifacts"] = {"artifacts": listed[2:]}
    assert "the check left no artifact" in publish.main(["comment"])
    del hosting.answers["/repos/them/review/actions/runs/5/artifacts"]
    with pytest.raises(StopError, match="404"):
        publish.main(["comment"])


def test_the_script_runs_without_the_packages_of_the_project_and_never_prints_the_token(hosting):
    isolated = [sys.executable, "-S", SCRIPTS / "publish.py", "comment"]  # -S: no installed package can be imported
    done = subprocess.run(isolated, capture_output=True, text=True, check=False)
    assert done.stdout == "The comment was written.\n", done.stderr
    hosting.answers["/blob"] = b"no"
    done = subprocess.run(isolated, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Nothing was published. The archive is not a ZIP file that can be read.\n"
    assert "secret-token" not in done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------- previews


@pytest.fixture
def remote(hosting: Hosting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bare = tmp_path / "them" / "review.git"
    bare.parent.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    monkeypatch.setenv("GITHUB_SERVER_URL", f"file://{tmp_path}")
    return bare


def shown(remote: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", remote, *arguments], check=True, capture_output=True, text=True).stdout


def test_previews_of_open_pull_requests_stand_beside_each_other_and_others_go(hosting, remote):
    assert "is on the branch previews, in the folder 7" in publish.main(["preview"])
    assert shown(remote, "ls-tree", "-r", "--name-only", "previews").split() == [
        ".nojekyll", "7/_static/a.css", "7/chapters/impact.html", "7/index.html",
    ]  # fmt: skip
    pulls = [{"number": number} for number in (7, 8)]
    hosting.answers["/repos/them/review/pulls"] = pulls
    publish.previewed(8, {"index.html": b"eight"})
    assert "7/index.html" in shown(remote, "ls-tree", "-r", "--name-only", "previews").split()
    hosting.answers["/repos/them/review/pulls"] = pulls[1:]
    publish.previewed(8, {"other.html": b"eight again"})
    assert shown(remote, "ls-tree", "-r", "--name-only", "previews").split() == [".nojekyll", "8/other.html"]
    assert shown(remote, "rev-list", "--count", "previews").strip() == "1"
    assert shown(remote, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/previews"]


def test_a_preview_that_cannot_be_pushed_is_a_message_without_the_token(hosting, remote):
    (remote / "hooks").mkdir(exist_ok=True)
    (remote / "hooks/pre-receive").write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    (remote / "hooks/pre-receive").chmod(0o755)
    with pytest.raises(StopError, match="git push failed") as stop:
        publish.main(["preview"])
    assert "secret-token" not in str(stop.value)
    assert base64.b64encode(b"x-access-token:secret-token").decode() not in str(stop.value)


# ---------------------------------------------------------------------------------------------- a form's proposal

ANSWER = "## Add a trial\n\n- <code>zz&#95;test</code>\n"


class Checkout:
    """A checkout of the default branch, in which a proposal is made, and the repository that it is pushed to."""

    def __init__(self, root: Path, remote: Path) -> None:
        self.root, self.remote = root, remote

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", self.root, "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def change(self, *shell: str) -> str:
        """What the first job hands on: the difference that commands make, packed."""
        for command in shell:
            subprocess.run(["bash", "-c", command], cwd=self.root, check=True)
        self.git("add", "--all")
        difference = self.git("diff", "--cached", "--binary", "HEAD")
        self.git("reset", "-q", "--hard", "main")
        return base64.b64encode(lzma.compress(difference.encode())).decode()


@pytest.fixture
def checkout(hosting: Hosting, remote: Path, tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path / "checkout", remote)
    (made.root / "data").mkdir(parents=True)
    made.git("init", "-q", "-b", "main")
    (made.root / "data/results.csv").write_text("id,value\na,1\n", encoding="utf-8")
    (made.root / "Makefile").write_text("all:\n", encoding="utf-8")
    made.git("add", "--all")
    made.git("commit", "-qm", "base")
    made.git("push", "-q", str(remote), "main")
    event = {"issue": {"number": 12, "body": "not read here"}, "repository": {"default_branch": "main"}}
    Path(os.environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(event), encoding="utf-8")
    hosting.answers["/repos/them/review/issues/12/comments"] = []
    return made


def test_a_form_becomes_one_pull_request_that_an_edit_of_it_replaces(hosting, remote, checkout):
    change = checkout.change("echo b,2 >>data/results.csv")
    assert proposing.main(checkout.root, change, ANSWER) == "Pull request 99 was opened."
    (_, path, pull), (_, commented, comment) = hosting.told
    assert (path, commented) == ("/repos/them/review/pulls", "/repos/them/review/issues/12/comments")
    assert (pull["title"], pull["head"], pull["base"]) == ("Add a trial (issue 12)", "form-12", "main")
    assert ANSWER in pull["body"]
    assert "Closes #12." in pull["body"]
    assert "#99" in comment["body"]
    assert shown(remote, "show", "form-12:data/results.csv") == "id,value\na,1\nb,2\n"
    hosting.answers["/repos/them/review/pulls"] = lambda asked: (
        [{"number": 99}] if asked["head"] == "them:form-12" else []
    )
    checkout.git("checkout", "-q", "main")
    change = checkout.change("echo b,3 >>data/results.csv")
    assert proposing.main(checkout.root, change, ANSWER) == "Pull request 99 was updated."
    assert shown(remote, "show", "form-12:data/results.csv") == "id,value\na,1\nb,3\n"
    assert shown(remote, "rev-list", "--count", "main..form-12").strip() == "1"


def test_the_work_of_a_person_on_the_branch_of_a_form_stays(hosting, remote, checkout):
    change = checkout.change("echo b,2 >>data/results.csv")
    proposing.main(checkout.root, change, ANSWER)
    checkout.git("commit", "-q", "--allow-empty", "-m", "confirmed")
    checkout.git("push", "-q", str(remote), "HEAD:form-12")
    before = shown(remote, "rev-parse", "form-12")
    checkout.git("checkout", "-q", "main")
    with pytest.raises(StopError, match="Somebody has worked on the branch form-12"):
        proposing.main(checkout.root, change, ANSWER)
    assert shown(remote, "rev-parse", "form-12") == before


@pytest.mark.parametrize(
    "shell",
    [
        "echo 'all: ; id' >Makefile",
        "mkdir -p .github/workflows && echo on: push >.github/workflows/x.yml",
        "mkdir livingreview && echo x >livingreview/cli.py",
        "chmod +x data/results.csv",
        "ln -sf /etc/passwd data/results.csv",
        "git rm -q data/results.csv",
        "echo x >data/x.csv",
        "echo '{}' >data/datapackage.json",
        "git mv data/results.csv data/other.csv",
    ],
)
def test_a_change_of_more_than_evidence_is_proposed_to_nobody(hosting, remote, checkout, shell):
    with pytest.raises(StopError, match="touches a file that is no evidence"):
        proposing.main(checkout.root, checkout.change(shell), ANSWER)
    assert hosting.told == []
    assert shown(remote, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_a_change_that_is_none_is_proposed_to_nobody(hosting, checkout, monkeypatch):
    monkeypatch.setattr(proposing, "LARGEST", 1000)
    large = base64.b64encode(lzma.compress(b"x" * 2000)).decode()
    outside = b"--- a/x\n+++ b/../../x\n@@ -0,0 +1 @@\n+x\n"
    for change, said in (
        ("x", "cannot be unpacked"),
        (base64.b64encode(b"no archive").decode(), "cannot be unpacked"),
        (large, "more than 1,000 bytes"),
        (base64.b64encode(lzma.compress(outside)).decode(), "git apply failed"),
    ):
        with pytest.raises(StopError, match=said):
            proposing.main(checkout.root, change, ANSWER)
    assert hosting.told == []


def test_what_a_form_lacks_is_one_comment_in_which_nothing_can_act(hosting, checkout):
    answer = "## What is missing\n\n- <code>Who took part&#63;</code>: <code>must be answered&#46;</code>\n"
    assert proposing.main(checkout.root, "", answer) == "The comment was written."
    ((_, path, comment),) = hosting.told
    assert path == "/repos/them/review/issues/12/comments"
    assert answer in comment["body"]
    hosting.answers[path] = [
        {"id": 1, "user": {"login": "somebody"}, "body": proposing.MARK},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"{proposing.MARK}\nold"},
    ]
    hosting.told.clear()
    assert proposing.main(checkout.root, "", "@team [x](https://example.org) closes #3\n") == "The comment was updated."
    ((_, path, comment),) = hosting.told
    assert path == "/repos/them/review/issues/comments/2"
    assert "```text\n@team [x](https://example.org) closes #3\n" in comment["body"]


def test_the_first_job_hands_on_what_changed_and_what_to_say(tmp_path):
    root, out = tmp_path / "review", tmp_path / "out"
    (root / ".venv/bin").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data/results.csv").write_text("a\n", encoding="utf-8")
    (root / ".gitignore").write_text(".venv\n", encoding="utf-8")
    for command in (("init", "-q"), ("add", "--all"), ("commit", "-qm", "base")):
        subprocess.run(["git", "-C", root, "-c", "user.name=x", "-c", "user.email=x@y", *command], check=True)
    program = root / ".venv/bin/livingreview"

    def handed(shell: str) -> str:
        program.write_text(f"#!/bin/sh\nset -e\n{shell}\n", encoding="utf-8")
        program.chmod(0o755)
        out.write_text("", encoding="utf-8")
        command = [SCRIPTS / "form.sh", tmp_path / "event.json"]
        done = subprocess.run(command, cwd=root, env=os.environ | {"GITHUB_OUTPUT": str(out)}, check=False)
        return out.read_text(encoding="utf-8") if done.returncode == 0 else "failed"

    lacks = handed('test "$1" = propose && echo "$2" >"$3"')
    assert re.fullmatch(r"answer<<(\w+)\n.*event\.json\n\n\1\nchange<<(\w+)\n\n\2\n", lacks)
    changed = handed('echo said >"$3"; echo b >>data/results.csv')
    packed_change = re.search(r"change<<\w+\n([A-Za-z0-9+/=]+)\n", changed)
    assert packed_change
    assert b"+b\n" in proposing.unpacked(packed_change[1])
    assert handed("exit 1") == "failed"


# --------------------------------------------------------------------------------------------------- one issue


def test_one_issue_is_opened_updated_and_closed(hosting):
    assert issue.report("links", "Links", "- one") == "Issue 99 was opened."
    ((_, path, body),) = hosting.told
    assert path == "/repos/them/review/issues"
    assert body["body"].startswith("<!-- issue: links -->")
    hosting.answers["/repos/them/review/issues"] = [
        {"number": 1, "body": "<!-- issue: links -->", "pull_request": {}},
        {"number": 2, "body": None},
        {"number": 3, "body": "<!-- issue: links-too -->"},
        {"number": 4, "body": "<!-- issue: links -->\nold"},
    ]
    hosting.told.clear()
    assert issue.report("links", "Links", "x" * 70_000) == "Issue 4 was updated."
    assert len(hosting.told[0][2]["body"]) < 65_536
    hosting.told.clear()
    assert issue.report("links", "Links", "") == "Issue 4 was closed."
    assert [(m, p) for m, p, _ in hosting.told] == [
        ("POST", "/repos/them/review/issues/4/comments"),
        ("PATCH", "/repos/them/review/issues/4"),
    ]
    hosting.answers["/repos/them/review/issues"] = []
    assert "no issue is open" in issue.report("links", "Links", "")
    with pytest.raises(StopError, match="lower-case letters"):
        issue.report("--> @team", "Links", "")


@pytest.mark.parametrize(
    ("packages", "failed", "links_result", "report", "expected"),
    [
        (
            "success",
            "false",
            "success",
            "",
            [["newest-packages", ""], ["plain-sphinx", ""], ["not-the-same", ""], ["links", ""]],
        ),
        (
            *("success", "true", "success", "- gone"),
            [
                ["newest-packages", "requirements.in"],
                ["plain-sphinx", "canary.sh"],
                ["not-the-same", "reproducible.sh"],
                ["links", "- gone"],
            ],
        ),
        ("cancelled", "", "failure", "", []),
    ],
)
def test_what_the_week_knows_is_reported_and_what_it_could_not_know_is_not(
    tmp_path, packages, failed, links_result, report, expected
):
    log = tmp_path / "log"
    stub = tmp_path / "python3"
    stub.write_text(f'#!/bin/sh\nprintf "%s|%s\\0" "$2" "$REPORT" >>{log}\n', encoding="utf-8")
    stub.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "UNLOCKED": packages, "UNLOCKED_FAILED": failed}
    env |= {"REPRODUCIBLE": packages, "REPRODUCIBLE_FAILED": failed, "CANARY": packages, "CANARY_FAILED": failed}
    subprocess.run([SCRIPTS / "tell.sh"], check=True, env=env | {"LINKS": links_result, "LINKS_REPORT": report})
    reports = [line.split("|", 1) for line in log.read_text(encoding="utf-8").split("\0")[:-1]] if log.exists() else []
    assert [name for name, _ in reports] == [name for name, _ in expected]
    for (_, text), (_, part) in zip(reports, expected, strict=True):
        assert (part in text) if part else text == ""


def test_the_newest_packages_are_tried_in_an_environment_of_their_own(tmp_path):
    """Stubs stand for Python and make: what they are asked is looked at, and that a failure is not hidden."""
    log, scripts = tmp_path / "log", tmp_path / ".github" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "unlocked.sh").write_bytes((SCRIPTS / "unlocked.sh").read_bytes())
    (tmp_path / "requirements.in").write_bytes((SCRIPTS.parents[1] / "requirements.in").read_bytes())
    (tmp_path / "bin").mkdir()
    stub = f'#!/bin/sh\necho "$(basename "$0") $*" >>{log}\n'
    venv = "mkdir -p .venv/bin; cp $(dirname $0)/pip .venv/bin/python\n"
    for name, more in (("python3", venv), ("pip", ""), ("make", "exit 3\n")):
        (tmp_path / "bin" / name).write_text(stub + more, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", scripts / "unlocked.sh"], env=env, check=False)
    assert done.returncode == 3
    asked = log.read_text(encoding="utf-8").splitlines()
    assert asked[0] == "python3 -m venv --clear .venv"
    assert "python -m pip install --quiet --upgrade --requirement .venv/newest.in" in asked
    wanted = (tmp_path / ".venv/newest.in").read_text(encoding="utf-8")
    assert "==" not in wanted, "a pin would be installed again"
    assert {"jupyter-book<2", "pandas", "sphinx", "myst-nb"} <= {line.partition(" ")[0] for line in wanted.splitlines()}
    assert not [line for line in asked if "requirements.txt" in line]
    assert asked[-1] == "make test"
    assert (tmp_path / ".venv" / "ready").exists()


def test_a_text_cannot_end_its_own_output(tmp_path):
    said, out = tmp_path / "said", tmp_path / "out"
    said.write_text("- gone\nEOF\nother=1\n", encoding="utf-8")
    for file in (said, tmp_path / "none"):
        subprocess.run(
            [SCRIPTS / "output.sh", "report", file], check=True, env=os.environ | {"GITHUB_OUTPUT": str(out)}
        )
    lines = out.read_text(encoding="utf-8").split("\n")
    first = lines[0].removeprefix("report<<")
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert lines[1:6] == ["- gone", "EOF", "other=1", "", first]
    assert lines[6] != lines[0]
    assert lines[7:] == [lines[6].removeprefix("report<<"), ""]


# ------------------------------------------------------------------------------------------------------- links


def test_links_that_are_gone_are_reported_and_those_that_cannot_be_known_are_not(tmp_path):
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response({"/there": 200, "/get": 405, "/moved": 301}.get(self.path, 404))
            if self.path == "/moved":
                self.send_header("Location", "/there")
            self.end_headers()

        def do_GET(self) -> None:
            status = {"/get": 200, "/shy": 403, "/gone": 410, "/never": 404}.get(self.path, 404)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    asked = [f"{here}/{name}" for name in ("there", "get", "moved", "shy", "gone", "never")]
    asked += ["http://127.0.0.1:1/refused", "http://[bad/address"]
    answers = links.check(asked[:-2], 0, lambda _said: None)
    server.shutdown()
    server.server_close()
    assert [answers[address] for address in asked[:-2]] == [
        "", "", "", "? answers 403", "answers 410", "answers 404",
    ]  # fmt: skip
    report = list(links.lines(answers, {address: ["data/references.bib, a"] for address in answers}))
    assert len(report) == 2
    assert all("://" not in line for line in report)


def test_every_source_and_page_is_asked_for():
    found = links.addresses(ROOT)
    assert found["https://doi.org/10.1001/jama.288.22.2836"][0].startswith("data/references.bib, ")
    assert "README.md" in found["https://jupyterbook.org/v1/"]
    assert not [address for address in found if not re.match(r"https?://[\w.-]+\.\w+", address)]


# ------------------------------------------------------------------------------------------------- the check


def test_a_proposal_is_gathered_even_when_the_book_cannot_be_built(tmp_path):
    program = tmp_path / ".venv/bin/livingreview"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@" >args\necho page >"$4"\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "Makefile").write_text("book:\n\tfalse\n", encoding="utf-8")

    def gathered(number: str = "7") -> subprocess.CompletedProcess[bytes]:
        command = [SCRIPTS / "proposal.sh", "HEAD^1", number, "out"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert gathered().returncode == 0
    assert (tmp_path / "args").read_text() == "diff HEAD^1 --html out/site/difference.html\n"
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert files == {"number", "site/difference.html"}
    (tmp_path / "Makefile").write_text("book:\n\tmkdir -p _build/html && echo x >_build/html/index.html\n", "utf-8")
    assert gathered().returncode == 0
    assert (tmp_path / "out/site/index.html").exists()
    for number in ("", "x", "7; id", "0"):
        assert gathered(number).returncode == 2


def test_the_difference_is_computed_by_the_code_of_the_default_branch(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"

    def git(root: Path, *arguments: str) -> str:
        command = ["git", "-C", root, "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    program = '#!/bin/sh\necho "$@" >args\necho {} >"$5"\nexit 1\n'
    ours.mkdir()
    git(ours, "init", "-q")
    (ours / ".venv/bin").mkdir(parents=True)
    (ours / ".venv/bin/livingreview").write_text(program.format("ours"), encoding="utf-8")
    (ours / ".venv/bin/livingreview").chmod(0o755)
    git(ours, "add", "--all")
    git(ours, "commit", "-qm", "base")
    base = git(ours, "rev-parse", "HEAD")
    git(tmp_path, "clone", "-q", str(ours), str(theirs))
    (theirs / ".venv/bin/livingreview").write_text(program.format("forged"), encoding="utf-8")
    git(theirs, "commit", "-qam", "a proposal")
    head = git(theirs, "rev-parse", "HEAD")
    git(ours, "remote", "add", "origin", str(theirs))
    git(ours, "commit", "-q", "--allow-empty", "-m", "main has moved on")

    def difference(commit: str) -> int:
        command = [SCRIPTS / "difference.sh", commit, "difference.md"]
        return subprocess.run(command, cwd=ours, capture_output=True, check=False).returncode

    assert difference(head) == 0
    assert (ours / "args").read_text() == f"diff {base} {head} --markdown difference.md\n"
    assert (ours / "difference.md").read_text() == "ours\n"
    for crafted in ("", "HEAD", "--upload-pack=x", "$(id)", head[:39]):
        assert difference(crafted) == 2


# --------------------------------------------------------------------------------------------- the workflows


def jobs() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, job in workflow["jobs"].items():
            yield f"{path.name}: {name}", workflow, job


def test_actions_are_pinned_by_commit_with_their_version():
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                assert re.search(r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), f"{path.name}: {line}"


@pytest.mark.parametrize(("name", "workflow", "job"), [pytest.param(*one, id=one[0]) for one in jobs()])
def test_a_job_has_least_rights_no_cache_and_no_text_in_its_commands(name, workflow, job):
    rights = job.get("permissions", workflow["permissions"])
    writes = {key for key, value in rights.items() if value == "write"}
    triggers = workflow[True]  # YAML 1.1 reads the key `on` as true
    if "pull_request" in triggers:
        assert rights == {"contents": "read"}
        assert "secrets" not in json.dumps(job)
    assert writes <= {
        "publish.yml: comment": {"pull-requests"},
        "publish.yml: preview": {"contents"},
        "form.yml: propose": {"contents", "pull-requests", "issues"},
        "weekly.yml: tell": {"issues"},
        "watch.yml: tell": {"issues"},
        "pages.yml: deploy": {"pages", "id-token"},
    }.get(name, set())
    assert "pull_request_target" not in triggers
    assert job["timeout-minutes"] <= 60
    assert "concurrency" in workflow
    for step in job["steps"]:
        uses = step.get("uses", "")
        assert "${{" not in step.get("run", "")
        assert "cache" not in uses
        assert "cache" not in step.get("with", {})
        if "checkout" in uses:
            assert step["with"]["persist-credentials"] is False
            assert "ref" not in step["with"]
    if writes:
        # what has rights runs scripts of the default branch, without an environment that others could have filled
        assert not [step for step in job["steps"] if "make" in step.get("run", "") or "pip" in step.get("run", "")]


def test_commands_of_workflows_are_scripts_or_targets_of_make():
    for name, _, job in jobs():
        for step in job["steps"]:
            run = step.get("run")
            if run is not None:
                script = re.match(
                    r"(?:make |(?:python3 |\.venv/bin/python )?(\.github/scripts/[\w-]+\.(?:py|sh)))", run
                )
                assert script, f"{name}: {run}"
                assert "\n" not in run.strip()
                if script[1]:
                    assert (ROOT / script[1]).exists()


def test_zizmor_finds_nothing():
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--persona=pedantic", ROOT / ".github"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout


def test_workflows_are_what_their_schema_says():
    for schema, files in (("github-workflows", WORKFLOWS), ("dependabot", [ROOT / ".github" / "dependabot.yml"])):
        command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_shell_scripts_stop_at_the_first_failure(script):
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)
