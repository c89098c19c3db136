"""What ``jebbitctl help`` tells beside commands, and the root's help at its end."""

EXIT_CODES = """\
Exit codes:
  0    done
  1    Jebbit refused it, or it failed
  2    wrong usage; also: input needed, and no terminal
  3    not found
  4    credentials or permission
  5    network, timeout, 429, 5xx: trying later may help
  6    a check you asked for did not hold
  130  interrupted
"""

ENVIRONMENT = """\
Environment:
  JEBBIT_CLIENT_ID, JEBBIT_CLIENT_SECRET   credentials: no login, no keyring
  JEBBIT_ACCESS_TOKEN                      use this token and ask for none
  JEBBIT_BUSINESS_ID, JEBBIT_PROFILE       like --business and --profile
  JEBBIT_API_BASE_URL                      another API
  JEBBIT_AUTH_ISSUER, JEBBIT_API_AUDIENCE  another token issuer, and audience
  JEBBIT_CONFIG_DIR                        where profiles and tokens are kept
  JEBBIT_WEBHOOK_SECRET                    an integration's shared secret
  JEBBIT_TIMEOUT                           seconds for a whole call (60)
  JEBBIT_NO_INPUT=1, JEBBIT_DEBUG=1        like --no-input and --debug
"""

TOPICS = {"exit-codes": EXIT_CODES, "environment": ENVIRONMENT}
