#ifndef INT8_INSIDE_H
#define INT8_INSIDE_H

#include <stdint.h>

/* Taps of one axis that lie on the input: from `first` up to `end`. */
typedef struct {
    int32_t first;
    int32_t end;
} Inside;

static inline Inside int8_inside(int32_t start, int32_t taps, int32_t dilation, int32_t size)
{
    Inside found = {0, taps};
    while (found.first < taps && start + found.first * dilation < 0)
        found.first++;
    while (found.end > found.first && start + (found.end - 1) * dilation >= size)
        found.end--;
    return found;
}

#endif
