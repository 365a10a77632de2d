"""`./inventory test` and `./inventory bench` themselves: what must count as a failure does."""
