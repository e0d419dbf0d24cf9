"""What the documents say of the settings is what the code reads."""

from pathlib import Path

from app.env import configuration_table, env

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_configuration_page_holds_the_table_of_all_settings():
    rows = [row for row in configuration_table(env.documented()).splitlines() if "`ATTEST_DATA_DIR`" not in row]
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    missing = [row for row in rows if row not in page and "`DATABASE_URL`" not in row and "`VALKEY_URL`" not in row]
    assert missing == [], "Run `python manage.py settings_table` and paste its table into docs/configuration.md."


def test_every_setting_says_what_it_does():
    assert [setting.name for setting in env.documented() if not setting.help.endswith(".")] == []
