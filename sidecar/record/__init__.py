"""The record, read: why was this text sent?"""
