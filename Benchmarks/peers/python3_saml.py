"""python3-saml on the response that ours judges: python3_saml.py FOLDER ISSUER AUDIENCE ACS REQUEST; prints responses a second of
processor time."""

import pathlib
import sys
import time
from unittest import mock

from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils


def main() -> None:
    folder, issuer, audience, acs, request = pathlib.Path(sys.argv[1]), *sys.argv[2:6]
    message = (folder / "response.b64").read_text()
    certificate = "".join(line for line in (folder / "c.pem").read_text().splitlines() if "-----" not in line)
    settings = OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {"entityId": audience, "assertionConsumerService": {"url": acs}},
            "idp": {"entityId": issuer, "singleSignOnService": {"url": "https://idp.example.org/sso"}, "x509cert": certificate},
        },
        sp_validation_only=False,
    )
    where = {"https": "on", "http_host": "sp.example.org", "script_name": "/saml/acs", "post_data": {"SAMLResponse": message}}

    def judge() -> None:
        response = OneLogin_Saml2_Response(settings, message)
        if not response.is_valid(where, request_id=request):
            raise SystemExit(f"python3-saml refused the response: {response.get_error()}")

    with mock.patch.object(OneLogin_Saml2_Utils, "now", staticmethod(lambda: 1_795_262_400)):
        judge()
        count, start = 0, time.process_time()
        while time.process_time() - start < 3:
            judge()
            count += 1
        print(count / (time.process_time() - start))


if __name__ == "__main__":
    main()
