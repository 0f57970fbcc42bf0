"""The two processes of phonons, with couplings of their own and with those of Table I's T_1."""

from __future__ import annotations

from dnplab.phonons import DirectProcess, TwoPhononProcess

DIRECT = DirectProcess(coupling_ratio=0.3, density_kg_m3=1100.0, sound_velocity_m_s=1400.0)
RAMAN = TwoPhononProcess(coupling_ratio=70.0, density_kg_m3=1100.0, sound_velocity_m_s=1400.0)
PROCESSES = {"direct": DIRECT.with_t1(160.0, 1.2), "two_phonon": RAMAN.with_t1(160.0, 1.2)}
