// Single-port synchronous memory: a read answers in the next cycle, with an output register in the
// one after; a write keeps the answer. It tells each of its accesses, so that they can be counted.
`default_nettype none

module sram #(
    parameter int WIDTH           = 8,
    parameter int DEPTH           = 256,
    parameter bit OUTPUT_REGISTER = 1'b0,
    parameter     IMAGE           = "",  // file of $readmemh; none: anything at first
    localparam int ADDRESS_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input  wire                    clk,
    input  wire                    enable,
    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] address,
    input  wire [WIDTH-1:0]        wdata,
    output logic [WIDTH-1:0]       rdata,
    output logic                   did_read,  // an access in this cycle
    output logic                   did_write
);
    logic [WIDTH-1:0] memory [DEPTH];
    logic [WIDTH-1:0] answer;

    assign did_read  = enable && !write;
    assign did_write = enable && write;

    generate
        if (IMAGE != "") begin : g_image
            initial $readmemh(IMAGE, memory);
        end
    endgenerate

    always_ff @(posedge clk) begin
        if (enable) begin
            if (write) memory[address] <= wdata;
            else       answer <= memory[address];
        end
    end

    generate
        if (OUTPUT_REGISTER) begin : g_output_register
            always_ff @(posedge clk) rdata <= answer;
        end else begin : g_direct
            assign rdata = answer;
        end
    endgenerate
endmodule

`default_nettype wire
