"""What every function needs: requests and answers, the database, storage, settings, logs, scheduled jobs."""
