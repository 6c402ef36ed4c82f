// Sum of two signed numbers, held at the ends of the range instead of wrapping round.
`default_nettype none

module saturating_add #(
    parameter int WIDTH = 24
) (
    input  wire signed [WIDTH-1:0]  a,
    input  wire signed [WIDTH-1:0]  b,
    output logic signed [WIDTH-1:0] sum,
    output logic                    saturated
);
    law #(.HOLDS(WIDTH >= 2), .TEXT("saturating_add: WIDTH must be 2 or more")) width_law ();

    logic signed [WIDTH:0] exact;

    always_comb begin
        exact     = (WIDTH+1)'(a) + (WIDTH+1)'(b);
        saturated = exact[WIDTH] != exact[WIDTH-1];
        if (!saturated)        sum = exact[WIDTH-1:0];
        else if (exact[WIDTH]) sum = {1'b1, {(WIDTH-1){1'b0}}};
        else                   sum = {1'b0, {(WIDTH-1){1'b1}}};
    end
endmodule

`default_nettype wire
