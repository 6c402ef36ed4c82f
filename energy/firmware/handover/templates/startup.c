/* From reset to main(): the vector table, initial values of variables, zeros. Any Cortex-M. */

#include <stdint.h>

typedef void (*handler)(void);

extern uint32_t stack_top[];
extern const uint32_t data_load[];
extern uint32_t data_start[], data_end[];
extern uint32_t bss_start[], bss_end[];

int main(void);
void reset(void);
void fault(void);
void finished(int passed);

/* Initial stack pointer, reset, and the exceptions of the core; no interrupt is used. */
struct vectors {
    uint32_t *stack;
    handler handlers[15];
};

__attribute__((section(".vectors"), used)) const struct vectors vectors = {
    stack_top,
    {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault},
};

void reset(void)
{
    const uint32_t *from = data_load;

    for (volatile uint32_t *to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = bss_start; to < bss_end; to++) {
        *to = 0u;
    }
    finished(main());
}

/* A debugger stops here. With SEMIHOSTING the program ends, and its exit code is 0 if it passed. */
__attribute__((noinline)) void finished(int passed)
{
#ifdef SEMIHOSTING
    register uint32_t operation __asm("r0") = 0x18u; /* SYS_EXIT */
    register uint32_t reason __asm("r1") = passed ? 0x20026u : 0x20023u;
    __asm volatile("bkpt #0xab" : : "r"(operation), "r"(reason) : "memory");
#endif
    (void)passed;
    for (;;) {
        __asm volatile("");
    }
}

__attribute__((noinline)) void fault(void)
{
    for (;;) {
        __asm volatile("");
    }
}
