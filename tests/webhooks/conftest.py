from hypothesis import settings

settings.register_profile("webhooks", deadline=None, database=None)
settings.load_profile("webhooks")
