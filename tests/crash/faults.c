/* Makes the n-th file operation below a folder fail, or kills the process in front of it.

   cc -shared -fPIC -O1 -o faults.so faults.c -ldl;  LD_PRELOAD=./faults.so python …
   faults_arm(folder, n, error): the n-th operation, from 1, fails with this errno; -1 kills, 0 only counts.
   faults_count(): operations so far. With faults_room(bytes) writes fail with ENOSPC when so much is written. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long at, count, room = -1;
static int error, armed;

void faults_arm(const char *below, long n, int with) {
    strncpy(folder, below, sizeof folder - 1);
    at = n, error = with, count = 0, armed = 1;
}
long faults_count(void) { return count; }
void faults_room(long bytes) { room = bytes; }
void faults_disarm(void) { armed = 0, room = -1; }

/* Whether the operation is to fail. */
static int fails(void) {
    if (__sync_add_and_fetch(&count, 1) != at || !error) return 0;
    if (error < 0) kill(getpid(), SIGKILL);
    errno = error;
    return 1;
}

static int path_fails(int dir, const char *path) {
    char whole[2 * PATH_MAX], link[64];
    if (!armed || !path) return 0;
    if (path[0] != '/' && dir != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t length = readlink(link, whole, PATH_MAX);
        if (length < 0) return 0;
        snprintf(whole + length, PATH_MAX, "/%s", path);
        path = whole;
    }
    return !strncmp(path, folder, strlen(folder)) && fails();
}

static int file_fails(int file) {
    char link[64], path[PATH_MAX + 1];
    if (!armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, folder, strlen(folder)) && fails();
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return path_fails(AT_FDCWD, path) ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int dir, const char *path, int flags, ...) { \
        REAL(int, #name, int, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return path_fails(dir, path) ? -1 : real(dir, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (armed && room >= 0 && file > 2) {
        if ((long)size > room) return errno = ENOSPC, -1;
        room -= size;
    }
    return file_fails(file) ? -1 : real(file, data, size);
}
ssize_t read(int file, void *data, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t);
    return file_fails(file) ? -1 : real(file, data, size);
}
int fsync(int file) {
    REAL(int, "fsync", int);
    return file_fails(file) ? -1 : real(file);
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return path_fails(AT_FDCWD, to) ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return path_fails(AT_FDCWD, path) ? -1 : real(path, mode);
}
int rmdir(const char *path) {
    REAL(int, "rmdir", const char *);
    return path_fails(AT_FDCWD, path) ? -1 : real(path);
}
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    return path_fails(AT_FDCWD, path) ? -1 : real(path);
}
int unlinkat(int dir, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    return path_fails(dir, path) ? -1 : real(dir, path, flags);
}
