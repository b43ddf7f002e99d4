"""Take a file of records through ASReview LAB's own package, as one screener would, and write what it exports.

    python asreview_round.py RECORDS WRITTEN SCREENER [SCREENED]

RECORDS is what ``livingreview screening out`` wrote, WRITTEN the export, whose suffix is its format. The screener
includes every fourth record, from the first on; ``second`` decides otherwise on every ninth. SCREENED is how many are
screened before the screener stops. It runs in an environment of its own with asreview 3, which this project does not
install, since it needs another pandas:

    uv venv ../asreview && uv pip install --python ../asreview asreview
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path


def exported(records: Path, suffix: str, screener: str, most: int | None) -> bytes:
    """Import records into a project, screen them, and export them with what is not screened."""
    from asreview.webapp.app import create_app

    app = create_app(testing=True, authentication=False, secret_key="none", salt="none")
    with app.app_context():
        client = app.test_client()
        upload = {"mode": "oracle", "file": (io.BytesIO(records.read_bytes()), records.name)}
        project = f"/api/projects/{client.post('/api/projects/create', data=upload).get_json()['id']}"
        total = client.get(f"{project}/data").get_json()["n_rows"]
        for record in range(total)[:most]:
            label = int(record % 4 == 0) ^ int(screener == "second" and record % 9 == 0)
            answer = client.post(f"{project}/record/{record}", data={"record_id": record, "label": label})
            assert answer.status_code == 200, answer.get_data()
        asked = {"format": suffix, "collections": ["relevant", "irrelevant", "not_seen"]}
        answer = client.get(f"{project}/export_dataset", query_string=asked)
        assert answer.status_code == 200, answer.get_data()
        return answer.get_data()


if __name__ == "__main__":
    source, written, name, *screened = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASREVIEW_PATH"] = folder
        content = exported(Path(source), Path(written).suffix[1:], name, int(screened[0]) if screened else None)
    Path(written).write_bytes(content)
