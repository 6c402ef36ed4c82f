// First in, first out, with ready and valid on both sides: a full queue is not ready, and nothing
// is ever lost; during reset it is not ready either.
`default_nettype none

module event_queue #(
    parameter int WIDTH = 12,
    parameter int DEPTH = 16,  // a power of two
    localparam int POINTER_BITS = $clog2(DEPTH)
) (
    input  wire               clk,
    input  wire               reset,
    input  wire               in_valid,
    output logic              in_ready,
    input  wire [WIDTH-1:0]   in_word,
    output logic              out_valid,
    input  wire               out_ready,
    output logic [WIDTH-1:0]  out_word
);
    law #(
        .HOLDS(DEPTH >= 2 && DEPTH == 1 << POINTER_BITS),
        .TEXT("event_queue: DEPTH must be a power of two, 2 or more")
    ) depth_law ();

    logic [WIDTH-1:0]      memory [DEPTH];
    logic [POINTER_BITS:0] head, tail;  // a bit more than an address: full and empty differ

    assign out_valid = head != tail;
    assign in_ready  = !reset && (tail - head) != (POINTER_BITS+1)'(DEPTH);
    assign out_word  = memory[head[POINTER_BITS-1:0]];

    always_ff @(posedge clk) begin
        if (in_valid && in_ready) memory[tail[POINTER_BITS-1:0]] <= in_word;
    end

    always_ff @(posedge clk) begin
        if (reset) begin
            head <= '0;
            tail <= '0;
        end else begin
            if (in_valid && in_ready)   tail <= tail + 1'b1;
            if (out_valid && out_ready) head <= head + 1'b1;
        end
    end
endmodule

`default_nettype wire
