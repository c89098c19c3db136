"""Who the user is to Jebbit: credentials, access tokens, logging in and out."""
