"""A server that speaks S3's protocol, and what a test does to its bucket."""

import os
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import boto3
from botocore.config import Config

BUCKET = "company"


class S3Server:
    """moto's server in a process of its own; `asks_for_rights` makes it check every signature and policy."""

    def __init__(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "1000000000"},
        )  # fmt: skip
        self._wait()

    def reset(self):
        self.allow(10**9)
        self._post("/moto-api/reset", b"")

    def allow(self, requests):
        """So many more requests are not asked who sends them."""
        self._post("/moto-api/reset-auth", str(requests).encode())

    def client(self, service="s3"):
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="AKIATEST", aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip

    def user_with(self, policy):
        """An access key id and a secret key of a user with `policy`, a list of IAM statements."""
        import json

        iam = self.client("iam")
        name = f"reader-{time.monotonic_ns()}"
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": policy})
        iam.put_user_policy(UserName=name, PolicyName="reads", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def _post(self, path, body):
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def _wait(self):
        ends_at = time.monotonic() + 60
        while time.monotonic() < ends_at:
            try:
                urllib.request.urlopen(self.url + "/moto-api/", timeout=5).close()
            except URLError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("moto's server did not start")
