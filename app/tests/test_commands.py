"""What holds the processes together: migrations are complete, scheduled tasks exist, a lost service is a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

from app.celery import celery_app
from app.tests.test_settings import ROOT, manage

OUR_COMMANDS = {"serve": "app.ops", "ask": "app.ops", "ingest": "ingestion", "evaluate": "evals"}


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_documented_commands_are_there():
    assert OUR_COMMANDS.items() <= get_commands().items()


def test_every_scheduled_task_exists():
    celery_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(celery_app.tasks)


def test_tasks_survive_the_loss_of_their_worker():
    conf = celery_app.conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_soft_time_limit < conf.task_time_limit < conf.broker_transport_options["visibility_timeout"]


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    ended = manage("migrate", ATTEST_DATA_DIR=str(tmp_path / "file" / "data"))
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().endswith(".")


def test_the_command_line_is_executable_from_anywhere(tmp_path):
    ended = subprocess.run(
        [sys.executable, str(Path(ROOT, "manage.py")), "check", "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0
