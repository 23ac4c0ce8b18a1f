# POSIX: the loop and everything that owns a descriptor or a child.
noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_SOURCES = \
	%D%/loop.c
