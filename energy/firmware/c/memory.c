/* What a C compiler calls without being asked; small, since kernels copy by themselves. */

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* Word by word where both addresses allow it, which is what a network's buffers do. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    if ((((uintptr_t)target | (uintptr_t)source) & 3u) == 0u) {
        for (; bytes >= 4u; bytes -= 4u) {
            *(volatile uint32_t *)(void *)target = *(const uint32_t *)(const void *)source;
            target += 4;
            source += 4;
        }
    }
    while (bytes-- > 0u) {
        *(volatile uint8_t *)target++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    if (target <= source) {
        return memcpy(to, from, bytes);
    }
    while (bytes-- > 0u) {
        *(volatile uint8_t *)&target[bytes] = source[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *target = to;
    const uint32_t word = 0x01010101u * (uint8_t)value;

    if (((uintptr_t)target & 3u) == 0u) {
        for (; bytes >= 4u; bytes -= 4u) {
            *(volatile uint32_t *)(void *)target = word;
            target += 4;
        }
    }
    while (bytes-- > 0u) {
        *(volatile uint8_t *)target++ = (uint8_t)value;
    }
    return to;
}
