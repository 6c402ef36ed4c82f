// What happened since reset, each kind by a counter of its own, numbered as in snn_words. A counter
// that passes its end begins again at 0, and `wrapped` says so until the next reset.
`default_nettype none

module activity_counters #(
    parameter int WIDTH = 32
) (
    input  wire                                  clk,
    input  wire                                  reset,
    input  wire [snn_words::COUNTERS-1:0]        happens,  // in this cycle, by number
    output logic [snn_words::COUNTERS*WIDTH-1:0] counts,
    output logic                                 wrapped
);
    import snn_words::*;

    law #(.HOLDS(WIDTH >= 1 && WIDTH <= 64), .TEXT("activity_counters: WIDTH must be 1 to 64"))
        width_law ();

    logic [COUNTERS-1:0] wraps;

    generate
        for (genvar i = 0; i < COUNTERS; i++) begin : g_counter
            wire [WIDTH-1:0] count = counts[WIDTH*i +: WIDTH];
            wire [WIDTH:0]   next  = (WIDTH+1)'(count) + (WIDTH+1)'(happens[i]);
            assign wraps[i] = next[WIDTH];

            always_ff @(posedge clk) counts[WIDTH*i +: WIDTH] <= reset ? '0 : next[WIDTH-1:0];
        end
    endgenerate

    always_ff @(posedge clk) wrapped <= !reset && (wrapped || wraps != '0);
endmodule

`default_nettype wire
