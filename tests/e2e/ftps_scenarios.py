"""FTPS where a matrix of good clients does not come: all lists of scenarios."""

import ftps_certificate_scenarios
import ftps_command_scenarios
import ftps_data_scenarios
import ftps_handshake_scenarios

ALL = [*ftps_command_scenarios.ALL, *ftps_handshake_scenarios.ALL,
       *ftps_data_scenarios.ALL, *ftps_certificate_scenarios.ALL]
