"""HOW it runs: conversion to a spiking network, engines, traces."""
