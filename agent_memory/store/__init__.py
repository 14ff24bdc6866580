"""PostgreSQL: the embedded server, migrations, and one store per noun."""
