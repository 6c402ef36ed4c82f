// Registers of axi_lite_peripheral by number; made from registers.py.
/* verilator lint_off UNUSEDPARAM */  // the last is for those who count them
package snn_registers;
    localparam logic [7:0] VERSION = 8'd2;

    localparam logic [9:0] IDENTIFICATION   = 10'd0;   // 0x00 R
    localparam logic [9:0] SIZES            = 10'd1;   // 0x04 R
    localparam logic [9:0] STATUS           = 10'd2;   // 0x08 R
    localparam logic [9:0] SOFT_RESET       = 10'd3;   // 0x0C W
    localparam logic [9:0] EVENT            = 10'd4;   // 0x10 W
    localparam logic [9:0] SPIKE            = 10'd5;   // 0x14 R
    localparam logic [9:0] PORT_SELECT      = 10'd6;   // 0x18 RW
    localparam logic [9:0] PORT_ADDRESS     = 10'd7;   // 0x1C RW
    localparam logic [9:0] PORT_DATA        = 10'd8;   // 0x20 RW
    localparam logic [9:0] COUNTER_SELECT   = 10'd9;   // 0x24 RW
    localparam logic [9:0] COUNTER          = 10'd10;  // 0x28 R
    localparam logic [9:0] CONTROL          = 10'd11;  // 0x2C RW
    localparam logic [9:0] INTERRUPT_ENABLE = 10'd12;  // 0x30 RW
    localparam logic [9:0] REFUSED          = 10'd13;  // 0x34 R

    localparam logic [9:0] LAST_REGISTER    = REFUSED;
endpackage
/* verilator lint_on UNUSEDPARAM */
