/* Preloaded into a server: as long as the file $FAILING_DISK is there, its first letter says what fails. With `s`, to say
   that a write is safe; with `w`, a write, as on a disk that became read-only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(char what) {
    const char *name = getenv("FAILING_DISK");
    char found = 0;
    int kept = errno, file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        if (read(file, &found, 1) != 1) found = 0;
        close(file);
    }
    errno = kept;
    return found == what;
}

#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))
#define SYNC(name)                                  \
    int name(int descriptor) {                      \
        if (fails('s')) {                           \
            errno = EIO;                            \
            return -1;                              \
        }                                           \
        return NEXT(#name, int (*)(int))(descriptor); \
    }
#define WRITE(name)                                                                                            \
    ssize_t name(int descriptor, const void *bytes, size_t n, off_t at) {                                     \
        if (fails('w')) {                                                                                     \
            errno = EROFS;                                                                                    \
            return -1;                                                                                        \
        }                                                                                                     \
        return NEXT(#name, ssize_t(*)(int, const void *, size_t, off_t))(descriptor, bytes, n, at);           \
    }

SYNC(fsync)
SYNC(fdatasync)
WRITE(pwrite)
WRITE(pwrite64)
