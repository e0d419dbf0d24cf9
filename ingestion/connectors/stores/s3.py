"""Amazon S3, and everything that speaks its protocol: MinIO, Ceph, Garage, R2 and others.

Keys are listed page by page and read by their exact name: a bucket has no folders, and none is invented.
"""

from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import s3fs
from botocore.exceptions import BotoCoreError, ClientError
from fsspec.asyn import sync

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Found, Store

ELSEWHERE = "the bucket is in another region, or at another endpoint; enter that one"
ADVICE = {
    "301": ELSEWHERE,
    "PermanentRedirect": ELSEWHERE,
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "IllegalLocationConstraintException": ELSEWHERE,
    "404": "there is no such bucket; correct the address",
    "NoSuchBucket": "there is no such bucket; correct the address",
    "RequestTimeTooSkewed": "the clock of this server is wrong; set it",
}
BUSY = frozenset({"SlowDown", "RequestTimeout", "429", "TooManyRequests"})
RIGHTS = (
    "Check the access key id and the secret key; they need the rights s3:ListBucket on the bucket and "
    "s3:GetObject on its objects"
)
TRIES = 2
PAGE = 1000


class S3Store(Store):
    failures = (OSError, BotoCoreError, ClientError, aiohttp.ClientError)

    def connect(self) -> s3fs.S3FileSystem:
        user, endpoint, region = (self.settings.get(name) for name in ("user", "endpoint_url", "region"))
        fs = s3fs.S3FileSystem(
            # Without a key of its own a source is read anonymously, never with the rights of this server.
            anon=not user,
            key=user or None,
            secret=self.secret or None,
            endpoint_url=endpoint or None,
            client_kwargs={"region_name": region} if region else {},
            config_kwargs={
                "connect_timeout": CONNECT_TIMEOUT_S,
                "read_timeout": READ_TIMEOUT_S,
                "retries": {"mode": "standard", "max_attempts": TRIES},
                # Servers of one's own rarely have a name for each bucket.
                "s3": {"addressing_style": "path" if endpoint else "auto"},
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        fs.retries = TRIES
        return fs

    def files(self, enter: Callable[[str], bool]) -> Iterator[Found]:
        for page in self._pages():
            for found in page.get("Contents", ()):
                path = found["Key"][len(self._prefix) :]
                if path and not path.endswith("/"):
                    version = f"{found['ETag'].strip(chr(34))}-{found['Size']}"
                    yield Found(path, found["Size"], version, found["LastModified"])

    def check(self) -> None:
        next(self._pages())

    def size(self, path: str) -> int:
        head = self.fs.call_s3("head_object", Bucket=self._bucket, Key=self._prefix + path)
        return int(head["ContentLength"])

    def read(self, path: str, most: int) -> bytes:
        place = {"Bucket": self._bucket, "Key": self._prefix + path, "Range": f"bytes=0-{most - 1}"}
        try:
            body = self.fs.call_s3("get_object", **place)["Body"]
        except OSError as error:
            # An empty file has no first byte to begin a range with.
            if _answer(error).get("Error", {}).get("Code") in ("InvalidRange", "416"):
                return b""
            raise
        data: bytes = sync(self.fs.loop, body.read)
        return data

    def explain(self, error: Exception) -> ConnectorError:
        answer = _answer(error)
        code = str(answer.get("Error", {}).get("Code", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in ADVICE:
            return ConnectorError(f"{self.name} could not be read: {ADVICE[code]}.", permanent=True)
        if status in (401, 403):
            return self.refused(f"it answered {code}. {RIGHTS}")
        if not answer or status >= 500 or code in BUSY:
            return self.unreachable(OSError(0, f"it answered {code or status}") if answer else error)
        return ConnectorError(f"{self.name} could not be read: it answered {code or status}.", permanent=True)

    def _pages(self) -> Iterator[dict[str, Any]]:
        options: dict[str, Any] = {"MaxKeys": PAGE}
        while True:
            page = self.fs.call_s3("list_objects_v2", Bucket=self._bucket, Prefix=self._prefix, **options)
            yield page
            if not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]

    @property
    def _bucket(self) -> str:
        return self.address.host

    @property
    def _prefix(self) -> str:
        return f"{self.address.path}/" if self.address.path else ""


def _answer(error: BaseException | None) -> dict[str, Any]:
    """What the service answered, from the error or from what caused it."""
    while error is not None:
        if isinstance(error, ClientError):
            return dict(error.response)
        error = error.__cause__
    return {}


STORE = S3Store
