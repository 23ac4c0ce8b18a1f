# POSIX: the loop and everything that owns a descriptor or a child.
noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS) $(CAPNG_CFLAGS)
%C%_libio_a_SOURCES = \
	%D%/capture.c %D%/capture.h \
	%D%/child.c %D%/child.h \
	%D%/datagram.c %D%/datagram.h \
	%D%/frame.c %D%/frame.h \
	%D%/identity.c %D%/identity.h \
	%D%/inlet.c %D%/inlet.h \
	%D%/log.c %D%/log.h \
	%D%/loop.c \
	%D%/paths.c \
	%D%/quirk.c \
	%D%/resolve.c %D%/resolve.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/secrets.c %D%/secrets.h
