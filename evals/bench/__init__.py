"""What the product's speed is measured by; `manage.py bench` runs it and writes docs/performance.md."""
