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

    // A counter has passed its end when its highest bit falls: seen one cycle later, so that no
    // carry stands in the path of a sum.
    logic [COUNTERS-1:0] highest, highest_before;

    generate
        for (genvar i = 0; i < COUNTERS; i++) begin : g_counter
            wire [WIDTH-1:0] count = counts[WIDTH*i +: WIDTH];
            assign highest[i] = count[WIDTH-1];

            always_ff @(posedge clk) begin
                if (reset)           counts[WIDTH*i +: WIDTH] <= '0;
                else if (happens[i]) counts[WIDTH*i +: WIDTH] <= count + 1'b1;
            end
        end
    endgenerate

    wire wraps = (highest_before & ~highest) != '0;
    always_ff @(posedge clk) begin
        highest_before <= reset ? '0 : highest;
        wrapped        <= !reset && (wrapped || wraps);
    end
endmodule

`default_nettype wire
