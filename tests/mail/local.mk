# trapline-mail against servers of our own on loopback.
TESTS += %D%/deliver.py
EXTRA_DIST += %D%/certs.sh %D%/deliver.py %D%/rig.py %D%/sink.py
