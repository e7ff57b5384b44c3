/* Preloaded into a server: the time of day is off by as many seconds as stand in the file $CLOCK_SHIFT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = ((int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"))(clock, now);
    const char *name = getenv("CLOCK_SHIFT");
    long seconds = 0;
    FILE *file = failed || clock != CLOCK_REALTIME || !name ? NULL : fopen(name, "r");
    if (file) {
        if (fscanf(file, "%ld", &seconds) == 1) now->tv_sec += seconds;
        fclose(file);
    }
    return failed;
}
