// Single-port synchronous memory: a read answers in the next cycle, a write keeps rdata.
`default_nettype none

module sram #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 256,
    localparam int ADDRESS_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input  wire                     clk,
    input  wire                     enable,
    input  wire                     write,
    input  wire [ADDRESS_BITS-1:0]  address,
    input  wire [WIDTH-1:0]         wdata,
    output logic [WIDTH-1:0]        rdata
);
    (* ram_style = "block" *) logic [WIDTH-1:0] memory [DEPTH];

    always_ff @(posedge clk) begin
        if (enable) begin
            if (write) memory[address] <= wdata;
            else       rdata <= memory[address];
        end
    end
endmodule

`default_nettype wire
