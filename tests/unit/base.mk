# Unit tests of backend/io, backend/text and backend/settings.
check_PROGRAMS += %D%/io-loop
TESTS += %D%/io-loop
%C%_io_loop_SOURCES = %D%/io-loop.c
%C%_io_loop_LDADD = backend/io/libio.a backend/core/libcore.a $(CMOCKA_LIBS)
