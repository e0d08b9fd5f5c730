/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Runs in pdftotext's place and prints what it can reach: one word for each thing that it should not. */
extern char **environ;

/* socket() as a program of 32 bits asks for it; negative where that is not possible or not allowed. */
static int other_socket(void)
{
#ifdef __x86_64__
    int result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(359), "b"(AF_UNIX), "c"(SOCK_STREAM), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
#else
    return -1;
#endif
}

int main(int argc, char **argv)
{
    char document[8] = "";
    struct rlimit memory;
    if (read(0, document, sizeof(document) - 1) < 0 || strncmp(document, "secret", 6) != 0)
        puts("no-document");
    for (int fd = 3; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            puts("descriptor");
    if (open("/etc/passwd", O_RDONLY) >= 0 || open("/tmp", O_RDONLY) >= 0)
        puts("files");
    if (environ[0] && environ[1])
        puts("environment");
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
        puts("network");
    if (other_socket() >= 0)
        puts("network of another architecture");
    if (getrlimit(RLIMIT_AS, &memory) < 0 || memory.rlim_cur == RLIM_INFINITY)
        puts("memory");
    puts("done");
    return 0;
}
