"""How much memory the running product holds: every process under `manage.py serve`, and the embedded servers."""

from pathlib import Path
from typing import Any

import psutil


def measure(data_dir: Path) -> dict[str, Any] | None:
    """Proportional set size in MB by process, and in all; None when the product is not running on `data_dir`."""
    roots = [
        process for process in psutil.process_iter(["cmdline"]) if _is_ours(process.info["cmdline"] or [], data_dir)
    ]
    if not any("serve" in (process.info["cmdline"] or []) for process in roots):
        return None
    family = {child for root in roots for child in (root, *root.children(recursive=True))}
    sizes = {process.pid: _size_mb(process) for process in family}
    return {"processes": len(sizes), "total_mb": round(sum(sizes.values()))}


def _is_ours(command: list[str], data_dir: Path) -> bool:
    line = " ".join(command)
    return "manage.py serve" in line or str(data_dir) in line


def _size_mb(process: psutil.Process) -> float:
    # Shared pages (PostgreSQL's buffers, forked workers) count once in all, each process carrying its share.
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0
