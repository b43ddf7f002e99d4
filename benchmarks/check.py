"""How long `make check` takes: on the data as they are, and with 10,000 results.

Run it with ``.venv/bin/python benchmarks/check.py``. Nothing is asserted: a machine's time is no property of the code.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import time
from pathlib import Path

from livingreview.checks import check, sort
from livingreview.evidence import DATA

RESULTS = 10_000


def grown(folder: Path) -> Path:
    """Copy the data, and repeat their results for further populations until there are 10,000."""
    data = Path(shutil.copytree(DATA, folder / "data"))
    path = data / "results.csv"
    header, *rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    study, population = header.index("study_id"), header.index("population")
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(header)
    for number in range(RESULTS):
        turn, at = divmod(number, len(rows))
        row = list(rows[at])
        if turn:
            row[0], row[population] = f"{row[study]}-more-{number}", f"group {turn}"
        write(row)
    path.write_text(out.getvalue(), encoding="utf-8")
    sort(data)
    return data


def main() -> None:
    """Print the times, the best of three."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {"the data as they are": DATA, f"{RESULTS} results": grown(Path(folder))}.items():
            times = []
            for _ in range(3):
                start = time.perf_counter(), time.process_time()
                faults = check(data)
                times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            wall, cpu = min(times)
            print(f"{name}: {wall:.2f} s ({cpu:.2f} s of a processor), {len(faults)} faults")


if __name__ == "__main__":
    main()
