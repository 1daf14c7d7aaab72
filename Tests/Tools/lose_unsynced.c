/* A disk that forgets whatever was not synced, for tests.
 *
 * As a preloaded library it notes, before each write or truncation of a file below $LOSE_DIR, what was there before, and
 * at each sync that the file is now safe (without syncing: the machine goes on). After the process has been killed,
 * the same source compiled with -DROLLBACK takes back, newest first, every change since the file's last sync; with a
 * second argument N it leaves the oldest N of those changes in place, as a disk may have got that far.
 * SQLite's -shm files are left alone: they are memory, and rebuilt by the first process to open the database.
 * Not modelled: names of new files getting lost, and writes torn inside one call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHANGE = 1, SYNC = 2 };
struct entry { uint32_t kind, path_length; int64_t offset, size_before; uint64_t length; };

#ifndef ROLLBACK

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;

static ssize_t raw_write(int fd, const void *data, size_t n) { return syscall(SYS_write, fd, data, n); }

static const char *watched(int fd, char *path) {
    const char *directory = getenv("LOSE_DIR");
    if (!directory || fd < 0) return NULL;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, 4095);
    if (n <= 0) return NULL;
    path[n] = 0;
    size_t length = strlen(directory);
    if (strncmp(path, directory, length) || path[length] != '/') return NULL;
    if (n > 4 && !strcmp(path + n - 4, "-shm")) return NULL;
    return path;
}

/* Called with the lock held. */
static void note(uint32_t kind, int fd, const char *path, int64_t offset, uint64_t length) {
    struct stat status;
    if (log_file < 0) log_file = syscall(SYS_openat, AT_FDCWD, getenv("LOSE_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file < 0 || fstat(fd, &status)) abort();
    if (offset >= status.st_size) length = 0;
    else if (offset + (int64_t)length > status.st_size) length = status.st_size - offset;
    struct entry entry = { kind, strlen(path), offset, status.st_size, length };
    size_t total = sizeof entry + entry.path_length + length;
    char *record = malloc(total);
    if (!record) abort();
    memcpy(record, &entry, sizeof entry);
    memcpy(record + sizeof entry, path, entry.path_length);
    char own[64];
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    if (length) {
        /* The caller's descriptor may be write-only. */
        int reader = syscall(SYS_openat, AT_FDCWD, own, O_RDONLY | O_CLOEXEC, 0);
        if (reader < 0 || pread(reader, record + sizeof entry + entry.path_length, length, offset) != (ssize_t)length) abort();
        syscall(SYS_close, reader);
    }
    if (raw_write(log_file, record, total) != (ssize_t)total) abort();
    free(record);
}

static ssize_t change(int fd, const void *data, size_t n, int64_t offset, int positioned) {
    char path[4096];
    const char *name = watched(fd, path);
    if (!name) return positioned ? syscall(SYS_pwrite64, fd, data, n, offset) : raw_write(fd, data, n);
    pthread_mutex_lock(&turn);
    if (!positioned) {
        struct stat status;
        fstat(fd, &status);
        offset = fcntl(fd, F_GETFL) & O_APPEND ? status.st_size : lseek(fd, 0, SEEK_CUR);
    }
    note(CHANGE, fd, name, offset, n);
    ssize_t written = positioned ? syscall(SYS_pwrite64, fd, data, n, offset) : raw_write(fd, data, n);
    pthread_mutex_unlock(&turn);
    return written;
}

ssize_t write(int fd, const void *data, size_t n) { return change(fd, data, n, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t n, off_t offset) { return change(fd, data, n, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset) { return change(fd, data, n, offset, 1); }

int ftruncate64(int fd, off64_t size) {
    char path[4096];
    const char *name = watched(fd, path);
    if (!name) return syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&turn);
    note(CHANGE, fd, name, size, INT64_MAX / 2);
    int result = syscall(SYS_ftruncate, fd, size);
    pthread_mutex_unlock(&turn);
    return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int safe(int fd, long call) {
    char path[4096];
    const char *name = watched(fd, path);
    if (!name) return syscall(call, fd);
    pthread_mutex_lock(&turn);
    note(SYNC, fd, name, 0, 0);
    pthread_mutex_unlock(&turn);
    return 0;
}
int fsync(int fd) { return safe(fd, SYS_fsync); }
int fdatasync(int fd) { return safe(fd, SYS_fdatasync); }

#else

struct place { const struct entry *entry; const char *path; const char *bytes; int lost; };

static int same(const struct place *a, const struct place *b) {
    return a->entry->path_length == b->entry->path_length && !memcmp(a->path, b->path, a->entry->path_length);
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    long keep = argc > 2 ? atol(argv[2]) : 0;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 0;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *log = malloc(size + 1);
    if (!log || fread(log, 1, size, file) != (size_t)size) return 1;
    struct place *places = calloc(size / sizeof(struct entry) + 1, sizeof *places);
    long count = 0, lost = 0;
    for (long at = 0; at + (long)sizeof(struct entry) <= size;) {
        struct entry *copy = malloc(sizeof *copy);
        memcpy(copy, log + at, sizeof *copy);
        long end = at + sizeof *copy + copy->path_length + copy->length;
        if (end > size) break; /* the record was not whole, so its change never happened */
        places[count++] = (struct place){ copy, log + at + sizeof *copy, log + at + sizeof *copy + copy->path_length, 0 };
        at = end;
    }
    for (long i = 0; i < count; i++) {
        if (places[i].entry->kind == CHANGE) { places[i].lost = 1; continue; }
        for (long j = i - 1; j >= 0; j--) if (same(&places[i], &places[j])) {
            if (places[j].entry->kind == SYNC) break;
            places[j].lost = 0;
        }
    }
    for (long i = 0; i < count && keep > 0; i++) if (places[i].lost) { places[i].lost = 0; keep--; }
    for (long i = count - 1; i >= 0; i--) {
        if (!places[i].lost) continue;
        char path[4096];
        snprintf(path, sizeof path, "%.*s", (int)places[i].entry->path_length, places[i].path);
        int fd = open(path, O_WRONLY);
        if (fd < 0) continue;
        if (pwrite(fd, places[i].bytes, places[i].entry->length, places[i].entry->offset) < 0) return 1;
        if (ftruncate(fd, places[i].entry->size_before)) return 1;
        close(fd);
        lost++;
    }
    printf("%ld\n", lost);
    return 0;
}

#endif
